import type { LoggedTable, Loss } from '../../../engine/capture.ts';
import { otherServer, partitions, recreated, unpublished } from './loss.ts';
import type { TableNow } from './tables.ts';

/** Which table a name stands for: `<system identifier>/<object id>`, and behind a colon the partitions' object ids. */
export function markOf(system: string, now: TableNow): string {
  const own = `${system}/${now.oid}`;
  return now.partitions.length === 0 ? own : `${own}:${now.partitions.map(({ oid }) => oid).join(',')}`;
}

/** The table's object id; null where the mark says none. */
export function oidOf(mark: string | null): number | null {
  const [, oid] = /^\d+\/(\d+)/.exec(mark ?? '') ?? [];
  return oid === undefined ? null : Number(oid);
}

/** Is the system of the mark another? Then nothing else of it can be compared. */
export function isOfOther(system: string, mark: string): boolean {
  return mark !== '' && mark.split('/')[0] !== system;
}

/** What rows of this table that rest with us have missed, as far as the catalogue tells; null: nothing. */
export function lossOf(system: string, label: string, table: LoggedTable, now: TableNow | null): Loss | null {
  const { mark } = table;
  if (mark === null) return null;
  if (isOfOther(system, mark)) return otherServer(label, mark.split('/')[0] ?? null, system);
  if (now === null) return recreated(table, 'there is no table of this name any more');
  const [own = '', members = ''] = mark.split(':');
  if (mark !== '' && own !== `${system}/${now.oid}`) return recreated(table, 'another table has this name now');
  return publishedLoss(table, now) ?? partitionLoss(table, now, mark === '' ? null : members.split(',').map(Number));
}

const wantedActions = ['insert', 'update', 'delete', 'truncate'];

function publishedLoss(table: LoggedTable, { columns: there, published }: TableNow): Loss | null {
  const label = `'${table.schema}.${table.table}'`;
  if (published === null) return unpublished(table, `Table ${label} is no longer in the publication that we read`);
  const { columns, filter, actions, viaRoot } = published;
  if (filter !== null) return unpublished(table, `The publication of table ${label} has a row filter (${filter})`);
  const hidden =
    columns === null
      ? []
      : table.columns
          .map(({ from }) => from)
          // Of one that is gone the log has all that there was.
          .filter((column) => there.includes(column) && !columns.includes(column));
  if (hidden.length > 0) {
    const list = hidden.map((column) => `'${column}'`).join(', ');
    return unpublished(table, `The publication of table ${label} leaves out ${list}`);
  }
  const missing = (table.key.length > 0 ? wantedActions : ['insert']).filter((action) => !actions.includes(action));
  if (missing.length > 0) {
    return unpublished(table, `The publication of table ${label} does not give each ${missing.join(' and ')}`);
  }
  return viaRoot
    ? null
    : unpublished(table, `The publication of table ${label} names partitions rather than the table`);
}

function partitionLoss(table: LoggedTable, now: TableNow, before: readonly number[] | null): Loss | null {
  if (now.isParent)
    return partitions(table, 'Other tables have come to inherit from it, so that their rows seem to be');
  if (before === null) return null;
  const gone = before.filter((oid) => oid > 0 && !now.partitions.some((one) => one.oid === oid));
  if (gone.length > 0) return partitions(table, `${gone.length} partitions were detached or dropped`);
  const attached = now.partitions.filter((one) => !one.isBorn && !before.includes(one.oid));
  if (attached.length === 0) return null;
  return partitions(table, `Partition ${attached.map(({ name }) => `'${name}'`).join(', ')} was attached`);
}
