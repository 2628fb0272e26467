import type { Loss, LossCause, Position, SourceTable } from '../../../engine/capture.ts';
import { lsn } from './position.ts';

/** Each loss in words. `label` is the access's; positions are in the server's own spelling where a person reads them. */

const renew = 'Read its rows anew: the difference becomes a correction, and history has a gap from there to here.';

export function slotGone(capture: string, label: string): Loss {
  return loss(
    'slot-gone',
    `Replication slot '${capture}' is gone from ${label}, and with it the changes since it was last read. Going on would lose them unseen.`,
    `${renew} A slot outlives a take-over by a standby only where the server synchronises it (PostgreSQL 17, sync_replication_slots).`,
  );
}

export function slotLost(capture: string, label: string, reason: string | null): Loss {
  const why = reason === null ? 'which removed the log that it stood for' : (reasons[reason] ?? `reason: ${reason}`);
  return loss(
    'slot-lost',
    `Replication slot '${capture}' of ${label} was invalidated by the server, ${why}. Changes are lost.`,
    `Drop it (select pg_drop_replication_slot('${capture}')). ${renew}`,
  );
}

/** pg_replication_slots.invalidation_reason. https://www.postgresql.org/docs/current/view-pg-replication-slots.html */
const reasons: Readonly<Record<string, string>> = {
  wal_removed: 'which removed the log that it stood for (max_slot_wal_keep_size)',
  rows_removed: 'which is a standby whose primary removed rows of the catalogue (switch hot_standby_feedback on)',
  wal_level_insufficient: 'whose primary no longer writes a logical log (wal_level)',
  idle_timeout: 'which waited too long for its reader (idle_replication_slot_timeout)',
};

export function otherServer(label: string, was: string | null, is: string): Loss {
  return loss(
    'other-server',
    `The rows were read from server ${was ?? '(unknown)'}, and ${label} is ${is} (system identifier/timeline): another server, or a copy of ` +
      'an older state. Nothing says which changes lie between.',
    `If the connection leads to the wrong server, correct it. Else: ${renew.toLowerCase()}`,
  );
}

export function diverged(label: string, position: Position, timeline: number, switched: Position): Loss {
  return loss(
    'diverged',
    `The rows have everything up to ${lsn(position)} of timeline ${timeline}, which the server that ${label} now is left at ${lsn(switched)}: ` +
      'changes that we have were lost in its take-over, and others were made since.',
    renew,
    switched < position ? switched : position,
  );
}

export function behind(label: string, position: Position, acknowledged: Position): Loss {
  return loss(
    'behind',
    `The rows have everything up to ${lsn(position)}, and ${label} was told that everything up to ${lsn(acknowledged)} is kept, so it will not ` +
      'send what lies between: the store was restored from a copy, or the stream was left out for a while.',
    renew,
    position,
    acknowledged,
  );
}

export function beyondEnd(label: string, position: Position, end: Position): Loss {
  return loss(
    'beyond-end',
    `The rows have everything up to ${lsn(position)}, and the log of ${label} ends at ${lsn(end)}: the source was restored from a copy. Its ` +
      'coming changes up to there would be taken for old ones.',
    renew,
    end,
  );
}

export function publicationGone(capture: string, label: string): Loss {
  return loss(
    'unpublished',
    `Publication '${capture}' of ${label} was dropped, and the log from before one is made anew cannot be read through it. Changes are lost.`,
    renew,
  );
}

export function unpublished(table: SourceTable, what: string): Loss {
  return loss(
    'unpublished',
    `${what}, so not all changes of dataset '${table.address}' were in the log. Going on would lose them unseen.`,
    renew,
  );
}

export function recreated(table: SourceTable, what: string): Loss {
  return loss(
    'recreated',
    `Dataset '${table.address}' reads table '${table.schema}.${table.table}', and ${what}. Its rows of before are not those of now, and the log ` +
      'says nothing of the difference.',
    `If the model should follow another table, correct 'from'. Else: ${renew.toLowerCase()}`,
  );
}

export function partitions(table: SourceTable, what: string): Loss {
  return loss(
    'partitions',
    `${what} of table '${table.schema}.${table.table}' of dataset '${table.address}': rows came or went without being in the log.`,
    renew,
  );
}

function loss(
  cause: LossCause,
  message: string,
  help: string,
  from: Position | null = null,
  to: Position | null = null,
): Loss {
  return { cause, from, to, message, help };
}
