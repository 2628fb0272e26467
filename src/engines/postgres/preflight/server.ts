import type { Finding } from '../../../findings/finding.ts';
import { finding } from '../../../findings/make.ts';
import type { SourceServer } from './source.ts';

/** What stands against reading this server at all, or its log. */
export function serverFindings(server: SourceServer, mode: 'snapshot' | 'cdc', isPooled: boolean): readonly Finding[] {
  const found: Finding[] = [];
  const say = (rule: string, message: string, help: string, severity: 'error' | 'warning' = 'error') =>
    found.push(finding({ rule, severity, message, help }));
  const database = `database '${server.database}'`;

  if (server.version < 130_000) {
    say(
      'source-version',
      `${database} is served by PostgreSQL ${server.versionText}; sources are read from PostgreSQL 13 on.`,
      'Upgrade the server, or read a copy of it on a newer one.',
    );
  }
  if (server.encoding === 'SQL_ASCII') {
    say(
      'source-encoding',
      `${database} has the encoding SQL_ASCII, so nobody knows in which encoding its texts are. A text that is no UTF-8 will stop the stream.`,
      'Move the data to a database with encoding UTF8.',
      'warning',
    );
  }
  if (mode === 'snapshot') return found;

  if (isPooled) {
    say(
      'source-pooler',
      `${database} is reached through a connection pooler. A change log is read on a connection of its own kind, which poolers do not pass.`,
      "Give the server's own host and port in the container.",
    );
  }
  if (server.version >= 130_000 && server.version < 140_000) {
    say(
      'source-version',
      `${database} is served by PostgreSQL ${server.versionText}; change logs are read from PostgreSQL 14 on, which send values as they are kept.`,
      'Upgrade the server, or read it with changes: snapshot().',
    );
  }
  if (server.isStandby && server.version < 160_000) {
    say(
      'source-standby',
      `${database} is on a standby of PostgreSQL ${server.versionText}; the log of a standby can be read from PostgreSQL 16 on.`,
      "Give the primary's host and port in the container, or read it with changes: snapshot().",
    );
  } else if (server.isStandby && !server.hasFeedback) {
    say(
      'source-standby',
      `${database} is on a standby that does not tell its primary what it still needs (hot_standby_feedback), so the primary may remove it: the replication slot would be lost, and all rows read anew.`,
      'As an administrator of the standby:  alter system set hot_standby_feedback = on;  select pg_reload_conf();',
      'warning',
    );
  }
  if (!server.isStandby && server.standbys > 0 && server.version < 170_000) {
    say(
      'source-failover',
      `the server of ${database} has ${server.standbys === 1 ? 'a standby' : `${server.standbys} standbys`}, and PostgreSQL ${server.versionText} keeps replication slots on the primary alone: after a take-over the slot is gone, and all rows are read anew.`,
      'Upgrade to PostgreSQL 17, which synchronises slots, or let an extension do it (pg_failover_slots).',
      'warning',
    );
  }
  if (server.walLevel !== 'logical') {
    say(
      'source-wal-level',
      `wal_level of the server of ${database} is '${server.walLevel}', so its log does not hold what changed in which row.`,
      'As an administrator:  alter system set wal_level = logical;  then restart the server. Or read it with changes: snapshot().',
    );
  }
  if (server.slots.used >= server.slots.limit && server.slots.ours === 0) {
    say(
      'source-slots',
      `all ${server.slots.limit} replication slots of the server of ${database} are taken.`,
      `Drop a slot that nobody reads (select slot_name, active from pg_replication_slots), or, as an administrator:  alter system set max_replication_slots = ${server.slots.limit + 5};  then restart the server.`,
    );
  }
  // A load runs beside the reading of the log: two at once.
  if (server.senders.limit - server.senders.used < 2 && server.slots.ours === 0) {
    say(
      'source-senders',
      `${server.senders.used} of ${server.senders.limit} WAL senders of the server of ${database} are taken, and reading its log takes two.`,
      `As an administrator:  alter system set max_wal_senders = ${server.senders.limit + 5};  then restart the server.`,
    );
  }
  if (!server.mayReplicate) {
    say(
      'source-replication-right',
      `role '${server.role}' may not read the log of ${database}.`,
      `As an administrator:  alter role ${quoted(server.role)} replication;`,
    );
  }
  return found;
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
