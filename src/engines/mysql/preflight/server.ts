import type { Finding } from '../../../findings/finding.ts';
import { finding } from '../../../findings/make.ts';
import type { SourceServer } from './source.ts';

/** A log that is kept for less cannot be gone on from after a night's failure. Seconds. */
const shortRetention = 86_400;

/** What stands against reading this server at all, or its log. */
export function serverFindings(server: SourceServer, mode: 'snapshot' | 'cdc'): readonly Finding[] {
  const found: Finding[] = [];
  const say = (rule: string, message: string, help: string, severity: 'error' | 'warning' = 'error') =>
    found.push(finding({ rule, severity, message, help }));
  const database = `database '${server.database}'`;
  const is = (setting: string) => server.settings.get(setting)?.toUpperCase() ?? null;
  const [major = 0, minor = 0] = server.version.split(/[.-]/).map(Number);
  const isTooOld = server.isMariadb ? major < 10 || (major === 10 && minor < 5) : major < 8;
  if (isTooOld) {
    say(
      'source-version',
      `${database} is served by ${server.isMariadb ? 'MariaDB' : 'MySQL'} ${server.version}; sources are read from MySQL 8.0 and MariaDB 10.5 on.`,
      'Upgrade the server, or read a copy of it on a newer one.',
    );
  }
  if (mode === 'snapshot') return found;

  if (is('log_bin') !== 'ON' && is('log_bin') !== '1') {
    say(
      'source-binlog-off',
      `the server of ${database} keeps no binary log, so nothing says what changed in which row.`,
      'In the configuration of the server, then restart it:  log_bin = ON  and  server_id = 1  (each server of a group its own). Or read it with changes: snapshot().',
    );
    return found;
  }
  if (is('binlog_format') !== null && is('binlog_format') !== 'ROW') {
    say(
      'source-binlog-format',
      `binlog_format of the server of ${database} is '${is('binlog_format')}', so its log holds statements, from which nobody can tell what changed in which row.`,
      "As an administrator:  set global binlog_format = 'ROW';  and the same in the configuration. Sessions that are open keep the old one. Or read it with changes: snapshot().",
    );
  }
  if (is('binlog_row_image') !== 'FULL' && is('binlog_row_image') !== null) {
    say(
      'source-binlog-image',
      `binlog_row_image of the server of ${database} is '${is('binlog_row_image')}', so its log lacks columns of the rows that changed.`,
      "As an administrator:  set global binlog_row_image = 'FULL';  and the same in the configuration. Sessions that are open keep the old one.",
    );
  }
  if (is('binlog_row_value_options')?.includes('PARTIAL_JSON') === true) {
    say(
      'source-binlog-image',
      `binlog_row_value_options of the server of ${database} is '${is('binlog_row_value_options')}', so its log has parts of json values alone.`,
      "As an administrator:  set global binlog_row_value_options = '';  and the same in the configuration.",
    );
  }
  if (is('binlog_transaction_compression') === 'ON') {
    say(
      'source-binlog-compressed',
      `binlog_transaction_compression of the server of ${database} is on: its log is written with zstd, which is not read here.`,
      'As an administrator:  set global binlog_transaction_compression = OFF;  and the same in the configuration.',
    );
  }
  if (is('binlog_row_metadata') !== 'FULL') {
    say(
      'source-binlog-metadata',
      `binlog_row_metadata of the server of ${database} is '${is('binlog_row_metadata') ?? 'not known'}', so its log has no names of columns. They are taken from the catalogue; where a table was altered since, its rows must be read anew.`,
      "As an administrator:  set global binlog_row_metadata = 'FULL';  and the same in the configuration.",
      'warning',
    );
  }
  const keptSeconds =
    Number(server.settings.get('binlog_expire_logs_seconds') ?? 0) ||
    Number(server.settings.get('expire_logs_days') ?? 0) * 86_400;
  if (keptSeconds > 0 && keptSeconds < shortRetention) {
    say(
      'source-binlog-retention',
      `the server of ${database} keeps its log for ${keptSeconds} seconds. The rows of a stream that is stopped for longer must be read anew.`,
      'As an administrator:  set global binlog_expire_logs_seconds = 259200;  (three days) and the same in the configuration.',
      'warning',
    );
  }
  const has = (...rights: readonly string[]) =>
    server.rights.has('ALL PRIVILEGES') ||
    server.rights.has('SUPER') ||
    rights.some((right) => server.rights.has(right));
  const lacking = [
    ...(has('REPLICATION SLAVE', 'REPLICATION REPLICA') ? [] : ['replication slave']),
    ...(has('REPLICATION CLIENT', 'BINLOG MONITOR') ? [] : ['replication client']),
  ];
  if (lacking.length > 0) {
    say(
      'source-replication-right',
      `account '${server.account}' may not read the log of the server of ${database}: it lacks ${lacking.join(' and ')}.`,
      `As an administrator:  grant ${lacking.join(', ')} on *.* to ${accountName(server.account)};`,
    );
  }
  return found;
}

/** `reader@%` -> 'reader'@'%'. */
export function accountName(account: string): string {
  const at = account.lastIndexOf('@');
  return `'${account.slice(0, at)}'@'${account.slice(at + 1)}'`;
}

export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
