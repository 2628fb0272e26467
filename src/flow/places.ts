import { canonicalJson } from '../base/digest.ts';
import { type Connection, EngineError } from '../engine/connection.ts';
import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import type { Table } from '../plan/plan.ts';
import { list, name, type Sql, sql, value } from '../sql/sql.ts';
import { forgetHeld } from './capture/held/records.ts';
import { forgetLoading } from './capture/load-record.ts';
import { ensureBookkeeping, fence } from './checkpoint.ts';
import { briefly } from './locks.ts';

/**
 * Which dataset's rows are in which tables. A dataset is known by the name that it had first, and so are its tables; all else
 * that is noted of it goes by its address, which a rename changes. So an apply first moves those notes along.
 */

/** A dataset's tables, and the stream that it is in. */
export type Placed = { readonly stream: string; readonly table: Table };

/** Notes where a dataset's rows are; in the caller's transaction. Errors: EngineError where the tables are another's. */
export async function notePlace(c: Connection, { address, schema, current, key }: Table): Promise<void> {
  const [owner] = await c.query(sql`select address from freehold.fh_place
    where table_schema = ${value(schema)} and table_name = ${value(current)}`);
  if (owner !== undefined && owner.address !== address)
    throw new EngineError(
      'statement',
      `table "${schema}"."${current}" is of dataset '${String(owner.address)}' now, and the plan that runs here says '${address}'. ` +
        'Datasets are renamed by an apply:  freehold apply.  Where one was done, this process runs an older plan: start it again.',
    );
  if (owner === undefined)
    await c.execute(sql`insert into freehold.fh_place (address, table_schema, table_name, key_columns)
      values (${value(address)}, ${value(schema)}, ${value(current)}, ${value(canonicalJson([...key]))})`);
}

/** Datasets whose rows are kept under another key than the plan says: versions of one row are found by its key. */
export async function keyFindings(c: Connection, placed: readonly Placed[]): Promise<readonly Finding[]> {
  await ensureBookkeeping(c);
  const rows = await c.query(sql`select p.table_schema, p.table_name, p.key_columns from freehold.fh_place p
    join freehold.fh_dataset d on d.address = p.address`);
  return placed.flatMap(({ table }) => {
    const found = rows.find((row) => row.table_schema === table.schema && row.table_name === table.current);
    if (found === undefined || found.key_columns === canonicalJson([...table.key])) return [];
    const called = (key: readonly unknown[]) => (key.length === 0 ? 'no key' : `key ${key.map(String).join(', ')}`);
    const old: unknown = JSON.parse(String(found.key_columns));
    return [
      finding({
        rule: 'key-kept',
        address: table.address,
        message: `the rows of dataset '${table.address}' are kept with ${called(Array.isArray(old) ? old : [])}, and the model now says ${called(table.key)}: their versions would be taken for those of other rows. Nothing was changed.`,
        help: `Give the dataset with the new key a name of its own: it is loaded beside the old one, whose versions stay; or keep the key.`,
      }),
    ];
  });
}

/**
 * Moves what is noted of datasets along with their names: of one that was renamed to its new address; of one whose name
 * another has now to an address that no dataset has. One transaction. Before: notes under the names of the last apply.
 * After: under those of this one, and whoever writes for an older plan is fenced. Twice: nothing is left to be moved. The
 * addresses that moved, old to new.
 */
export async function followNames(c: Connection, placed: readonly Placed[]): Promise<ReadonlyMap<string, string>> {
  await ensureBookkeeping(c);
  const schemas = [...new Set(placed.map(({ table }) => table.schema))];
  if (schemas.length === 0) return new Map();
  const known = await c.query(sql`select address, table_schema, table_name from freehold.fh_place
    where table_schema in (${list(schemas.map((schema) => value(schema)))})`);
  const moves = movesOf(
    known.map((row) => ({
      address: String(row.address),
      schema: String(row.table_schema),
      current: String(row.table_name),
    })),
    placed.map(({ table }) => table),
  );
  if (moves.size === 0) return moves;
  await briefly(c, [...schemas, 'freehold'], async () => {
    // All at once, since two may have exchanged their names.
    for (const [from] of moves) await moveNotes(c, from, `${from} on its way`);
    for (const [from, to] of moves) await moveNotes(c, `${from} on its way`, to);
    const moved = [...moves.values()].map((to) => value(to));
    const owners = await c.query(
      sql`select distinct stream from freehold.fh_dataset where address in (${list(moved)}) or stream in (${list(moved)})`,
    );
    await fence(
      c,
      owners.map(({ stream }) => String(stream)),
    );
  });
  return moves;
}

type Place = Pick<Table, 'address' | 'schema' | 'current'>;

function movesOf(known: readonly Place[], wanted: readonly Place[]): ReadonlyMap<string, string> {
  const at = ({ schema, current }: Place) => `${schema}.${current}`;
  const owners = new Map(wanted.map((one) => [at(one), one.address]));
  const taken = new Set(wanted.map(({ address }) => address));
  return new Map(
    known.flatMap((one): [string, string][] => {
      const owner = owners.get(at(one));
      if (owner !== undefined) return owner === one.address ? [] : [[one.address, owner]];
      // Its tables are no dataset's any more, and its name is another's.
      return taken.has(one.address) ? [[one.address, `${one.address} (in ${one.current})`]] : [];
    }),
  );
}

/**
 * Moves what is noted of a dataset or a stream to another address: in every table of ours that knows it by that. What rests in
 * tables named by an address is let go: a read that is held is held again, a load under way begins again. In the caller's
 * transaction.
 */
export async function moveNotes(c: Connection, from: string, to: string): Promise<void> {
  await forgetHeld(c, from);
  await forgetLoading(c, [from]);
  const rows = await c.query(sql`select c.table_name, c.column_name from information_schema.columns c
    join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
    where c.table_schema = 'freehold' and c.column_name in ('address', 'stream') and t.table_type = 'BASE TABLE'
    order by c.table_name, c.column_name`);
  for (const row of rows) {
    const column: Sql = sql`${name(String(row.column_name))}`;
    await c.execute(sql`update ${name('freehold', String(row.table_name))} set ${column} = ${value(to)}
      where ${column} = ${value(from)}`);
  }
}

/** What is noted of columns of a table goes with it, or along with it to another name. In the caller's transaction. */
export async function forgetTable(c: Connection, [schema, table]: readonly [string, string]): Promise<void> {
  for (const noted of columnNotes)
    await c.execute(sql`delete from ${noted} where table_schema = ${value(schema)} and table_name = ${value(table)}`);
}

export async function renameTable(
  c: Connection,
  [schema, table]: readonly [string, string],
  [toSchema, toTable]: readonly [string, string],
): Promise<void> {
  for (const noted of columnNotes)
    await c.execute(sql`update ${noted} set table_schema = ${value(toSchema)}, table_name = ${value(toTable)}
      where table_schema = ${value(schema)} and table_name = ${value(table)}`);
}

const columnNotes = [sql`freehold.fh_retired`, sql`freehold.fh_shadow`] as const;
