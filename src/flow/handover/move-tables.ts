import type { Connection } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';
import type { MovedTable } from '../../plan/moved.ts';
import { name, sql, value } from '../../sql/sql.ts';
import { deltaRanges } from '../bookkeeping.ts';
import { ensureBookkeeping, fence, holdStream, movedAway } from '../checkpoint.ts';
import { briefly } from '../locks.ts';
import { moveNotes, renameTable } from '../places.ts';
import { isTable } from '../tables.ts';
import { everyName, leftName, versionsName, viewsIn } from '../versions.ts';
import { forgetMoved, leaveWord, ownersOf } from './owners.ts';
import { waitingIn } from './waiting.ts';

/**
 * Gives the tables of datasets that have another address now the names of it, and all that is noted of them the address:
 * rows, versions and delta stay as they are. Findings that are errors say why nothing was done.
 *
 * One transaction. Before: all is under the old addresses. After: under the new ones; who still works by the plan before is
 * fenced, and refused when it comes back. Cut: as before. Twice: nothing is left under the old ones. An engine that cannot move a table
 * between schemas keeps it, and the dataset is copied anew.
 */
export async function moveTables(c: Connection, moved: readonly MovedTable[]): Promise<readonly Finding[]> {
  if (moved.length === 0 || !c.dialect.movesTables) return [];
  await ensureBookkeeping(c);
  const schemas = [...new Set(moved.flatMap(({ from, to }) => [from.schema, to.schema]))];
  return briefly(c, [...schemas, 'freehold'], async () => {
    await forgetMoved(
      c,
      moved.map(({ to }) => to.address),
    );
    const streams = await ownersOf(
      c,
      moved.flatMap(({ from, to }) => [from.address, to.address]),
    );
    const wanted = moved.filter(({ from }) => (streams.get(from.address) ?? movedAway) !== movedAway);
    const inTheWay: Finding[] = [];
    for (const { from, to } of wanted)
      if (streams.has(to.address) || (await isTable(c, to.schema, to.current))) inTheWay.push(taken({ from, to }));
    const owners = [...new Set(wanted.map(({ from }) => streams.get(from.address) ?? ''))].sort();
    // Nothing begins to wait in an inbox once we have looked.
    for (const stream of owners) await holdStream(c, stream);
    const refused = [...inTheWay, ...(await waitingIn(c, owners))];
    if (refused.length > 0) return refused;
    await fence(c, owners);
    for (const one of wanted) await move(c, one);
    return [];
  });
}

async function move(c: Connection, { from, to }: MovedTable): Promise<void> {
  await c.execute(sql`create schema if not exists ${name(to.schema)}`);
  for (const range of await deltaRanges(c, from.address)) {
    const named = renamed(range.table, from.delta, to.delta, c.dialect.identifierLimit);
    await moveTable(c, [from.schema, range.table], [to.schema, named]);
    await c.execute(sql`update freehold.fh_delta_range set "table" = ${value(named)}
      where address = ${value(from.address)} and n = ${value(range.n)}`);
  }
  for (const [old, now] of [
    [from.current, to.current],
    [from.history, to.history],
    [versionsName(c, from), versionsName(c, to)],
    [everyName(c, from), everyName(c, to)],
    // Of a change of layout that was cut, readers' views are of these.
    ...viewsIn(c, from).map((view, i) => [leftName(c, view), leftName(c, viewsIn(c, to)[i] ?? view)] as const),
  ] as const)
    if (await isTable(c, from.schema, old)) await moveTable(c, [from.schema, old], [to.schema, now]);
  const kept = await c.query(sql`select table_name from freehold.fh_quarantine where address = ${value(from.address)}`);
  for (const row of kept) {
    const old = String(row.table_name);
    const now = renamed(old, from.current, to.current, c.dialect.identifierLimit);
    await moveTable(c, [from.schema, old], [to.schema, now]);
    await c.execute(sql`update freehold.fh_quarantine set table_schema = ${value(to.schema)}, table_name = ${value(now)}
      where address = ${value(from.address)}`);
  }
  await c.execute(sql`update freehold.fh_place set table_schema = ${value(to.schema)}, table_name = ${value(to.current)}
    where address = ${value(from.address)}`);
  await moveNotes(c, from.address, to.address);
  await leaveWord(c, from.address, to.address);
}

/** With the names of its indexes, which another table of the old name may want. */
export async function moveTable(
  c: Connection,
  [schema, table]: readonly [string, string],
  [toSchema, toTable]: readonly [string, string],
): Promise<void> {
  const indexes = await c.query(c.dialect.indexNames(schema, table));
  if (schema !== toSchema) await c.execute(sql`alter table ${name(schema, table)} set schema ${name(toSchema)}`);
  await renameTable(c, [schema, table], [toSchema, toTable]);
  if (table === toTable) return;
  await c.execute(sql`alter table ${name(toSchema, table)} rename to ${name(toTable)}`);
  for (const row of indexes) {
    const named = renamed(String(row.name), table, toTable, c.dialect.identifierLimit);
    if (named === row.name) continue;
    await c.execute(sql`alter index ${name(toSchema, String(row.name))} rename to ${name(named)}`);
  }
}

/** The same word behind another name; where that is too long, as it was. */
function renamed(whole: string, from: string, to: string, limit: number): string {
  const named = whole.startsWith(from) ? to + whole.slice(from.length) : whole;
  return Buffer.byteLength(named) <= limit ? named : whole;
}

function taken({ from, to }: MovedTable): Finding {
  return finding({
    rule: 'table-in-the-way',
    address: to.address,
    message: `dataset '${to.address}' was '${from.address}', and a table "${to.schema}"."${to.current}" is there already, with rows of another dataset or of an earlier one. Nothing was moved, so that no row is taken for another's.`,
    help: 'Two datasets that swap their names do so in two steps, each applied: first one takes a third name. Rows of an earlier dataset: rename that table, or drop it.',
  });
}
