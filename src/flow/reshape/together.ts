import type { Connection } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import type { Table } from '../../plan/plan.ts';
import { list, name, sql, value, words } from '../../sql/sql.ts';
import { applySettings } from '../bookkeeping.ts';
import { fence } from '../checkpoint.ts';
import { moveTable } from '../handover/move-tables.ts';
import { brieflyWithin, tellingHolders } from '../locks.ts';
import { forgetTable } from '../places.ts';
import { keyOf } from '../tables.ts';
import { buildOpenIndex, isInOne, showVersions, versionsName } from '../versions.ts';
import { baseOf, setBase, typesOf } from './columns-there.ts';
import { dropOurs } from './dependants.ts';
import { moveRows } from './move-rows.ts';
import type { Views } from './reshape.ts';
import type { Kept } from './retyped.ts';
import { betweenMerges, endWaiting, holdTables, type SwitchOptions, teller } from './switch.ts';

/** From `split` to `history`: one transaction, see `layout.ts`. */
export async function together(
  c: Connection,
  { stream, table }: Kept,
  views: Views,
  options: SwitchOptions,
): Promise<readonly Finding[]> {
  const { schema, current, history } = table;
  const versions = versionsName(c, table);
  const [rows, closed] = [name(schema, current), name(schema, history)];
  const keys = table.key.map((key) => name(key));
  await betweenMerges(c, stream, [schema], () => makeReady(c, table));
  const work = async () => {
    const beganMs = performance.now();
    await holdTables(c, stream, schema, [current, history]);
    // By another apply, which was waited for.
    if (await isInOne(c, table)) return [];
    await options.hook?.('layout held');
    await applySettings(c, c.dialect.bulkSettings);
    const told = teller(c, table, 'history', options);
    const columns = list((await sharedColumns(c, schema, current, history)).map((column) => name(column)));
    const moved = await moveRows(
      c,
      [schema, current],
      (isInRange) => sql`insert into ${closed} (${columns}) select ${columns} from ${rows} r where ${isInRange}`,
      (some) => told('moving', some),
    );
    await options.hook?.('layout moved');
    await told('building', moved);
    // A load that is under way may have read a key twice.
    if ((await keyOf(c, table)) !== null) await buildOpenIndex(c, table, versions, history);
    await c.execute(sql`alter table ${closed} validate constraint ${name(keyed)}`);
    await c.execute(sql`analyze ${closed}`);
    const end = async () => {
      await endWaiting(c, stream);
      const base = await baseOf(c, schema, current);
      await views.drop();
      await c.execute(sql`update freehold.fh_retired r set table_name = ${value(history)}
        where table_schema = ${value(schema)} and table_name = ${value(current)} and not exists (
          select from freehold.fh_retired h where h.table_schema = r.table_schema and h.table_name = ${value(history)}
            and h.kept_as = r.kept_as)`);
      await forgetTable(c, [schema, current]);
      await dropOurs(c, table, sql`table ${rows}`);
      await moveTable(c, [schema, history], [schema, versions]);
      for (const key of keys)
        await c.execute(sql`alter table ${name(schema, versions)} alter column ${key} set not null`);
      await c.execute(sql`alter table ${name(schema, versions)} drop constraint ${name(keyed)}`);
      await setBase(c, schema, versions, base);
      await showVersions(c, table, versions);
      await fence(c, [stream]);
      const findings = await views.publish();
      await options.hook?.('layout before commit');
      return findings;
    };
    return brieflyWithin(c, [schema, ...views.schemas], end, performance.now() - beganMs);
  };
  const done = await tellingHolders(c, [schema], () => c.transaction(work));
  await options.hook?.('layout switched');
  return done;
}

/** Says of the keys of versions what is to be proven without holding a reader back, once it is. */
const keyed = 'fh_keyed';

/** Versions without an end may be kept in the table of closed ones, and whatever columns the current rows have. */
async function makeReady(c: Connection, table: Table): Promise<void> {
  const { schema, current, history } = table;
  if (await isInOne(c, table)) return;
  const at = name(schema, history);
  await c.execute(sql`alter table ${at} alter column fh_to drop not null`);
  await c.execute(sql`alter table ${at} drop constraint if exists ${name(keyed)}`);
  const isThere = table.key.map((key) => sql`${name(key)} is not null`);
  await c.execute(sql`alter table ${at} add constraint ${name(keyed)} check (${list(isThere, ' and ')}) not valid`);
  const there = await typesOf(c, schema, history);
  for (const [column, type] of await typesOf(c, schema, current))
    if (!there.has(column)) await c.execute(sql`alter table ${at} add column ${name(column)} ${words(type)}`);
}

/** A column that no plan has any more can have had one type in current rows and another in versions: it goes with the rows. */
async function sharedColumns(c: Connection, schema: string, from: string, to: string): Promise<readonly string[]> {
  const there = await typesOf(c, schema, to);
  return [...(await typesOf(c, schema, from))].flatMap(([column, type]) =>
    there.get(column) === type ? [column] : [],
  );
}
