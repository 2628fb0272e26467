import type { Loss, LossCause, Position, SourceTable } from '../../../engine/capture.ts';

/** Each loss in words. `label` is the access's. */

const renew = 'Read its rows anew: the difference becomes a correction, and history has a gap from there to here.';

/** Thrown where a table's changes are met that cannot be told: rows that rest with us have missed them. */
export class Missed extends Error {
  override readonly name = 'Missed';
  readonly loss: Loss;

  constructor(loss: Loss) {
    super(loss.message);
    this.loss = loss;
  }
}

export function otherServer(label: string, was: string | null, is: string): Loss {
  return loss(
    'other-server',
    `The rows were read from server ${was ?? '(unknown)'}, and ${label} is ${is}: another server. Nothing says which changes lie between.`,
    `If the connection leads to the wrong server, correct it. Else: ${renew.toLowerCase()}`,
  );
}

export function purged(label: string, position: Position, oldest: string): Loss {
  return loss(
    'purged',
    `The rows have everything up to ${place(position)} of the log of ${label}, whose oldest file is ${oldest}: the server has deleted what was not read yet ` +
      '(binlog_expire_logs_seconds, or purge binary logs).',
    `Keep the log for longer than a stream may ever be stopped:  set global binlog_expire_logs_seconds = 259200;  ${renew}`,
    position,
  );
}

export function beyondEnd(label: string, position: Position, end: string): Loss {
  return loss(
    'beyond-end',
    `The rows have everything up to ${place(position)} of the log of ${label}, which ends at ${end}: the log was reset (reset master), or the server ` +
      'restored from a copy.',
    renew,
  );
}

export function diverged(label: string, position: Position, file: string, opened: number): Loss {
  return loss(
    'diverged',
    `The rows have everything up to ${place(position)} of the log of ${label}, and ${file} is another file than that one: it was opened at ` +
      `${new Date(opened * 1000).toISOString()}. The log was reset (reset master), or the server restored from a copy.`,
    renew,
  );
}

export function recreated(table: SourceTable): Loss {
  return loss(
    'recreated',
    `${named(table)} was dropped, renamed, or replaced by another, says the log. What rows it has now was not in the log under its name.`,
    renew,
  );
}

export function partitions(table: SourceTable): Loss {
  return loss(
    'partitions',
    `Rows of ${lower(named(table))} went, or came, by partitions or tablespaces, of which the log has no rows. Going on would keep what is gone.`,
    renew,
  );
}

export function byStatement(table: SourceTable): Loss {
  return unlogged(
    table,
    "were changed by a statement that stands in the log instead of the rows: a session had binlog_format = 'STATEMENT'",
    'Let no session set binlog_format for itself.',
  );
}

export function withoutImage(table: SourceTable): Loss {
  return unlogged(
    table,
    'were changed by a session that had binlog_row_image other than FULL, so the log lacks values of them',
    "As an administrator:  set global binlog_row_image = 'FULL';  (sessions that are open keep their own).",
  );
}

export function withPartialJson(table: SourceTable): Loss {
  return unlogged(
    table,
    'were changed by a session that had binlog_row_value_options = PARTIAL_JSON, so the log has parts of json values alone',
    "As an administrator:  set global binlog_row_value_options = '';  (sessions that are open keep their own).",
  );
}

export function undone(table: SourceTable): Loss {
  return unlogged(
    table,
    'stand in the log in a transaction that was then rolled back, as happens where it also changed tables without transactions',
    'Keep tables of MyISAM and Aria out of such transactions.',
  );
}

export function unnamedColumns(table: SourceTable): Loss {
  return unlogged(
    table,
    'were changed before the table was altered, and the log has no names of columns, so nobody can tell whose values these are',
    "As an administrator:  set global binlog_row_metadata = 'FULL';",
  );
}

function unlogged(table: SourceTable, what: string, help: string): Loss {
  return loss('unlogged', `Rows of ${lower(named(table))} ${what}.`, `${help} ${renew}`);
}

function named({ schema, table, address }: SourceTable): string {
  return `Table '${schema}.${table}' of dataset '${address}'`;
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** File and offset, as a person reads them. */
function place(position: Position): string {
  const [file = '', offset = ''] = position.split(/[:/]/);
  return `byte ${Number(offset)} of file ${Number(file)}`;
}

function loss(cause: LossCause, message: string, help: string, from: Position | null = null): Loss {
  return { cause, from, to: null, message, help };
}
