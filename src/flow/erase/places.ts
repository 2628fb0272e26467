import type { Connection } from '../../engine/connection.ts';
import type { Table } from '../../plan/plan.ts';
import { name, type Sql, sql, value } from '../../sql/sql.ts';
import { deltaRanges, integer } from '../bookkeeping.ts';
import { heldKeysTable } from '../capture/held/records.ts';
import { sameKey } from '../key.ts';
import { missingTable } from '../merge/missing.ts';
import { isTable } from '../tables.ts';
import { isInOne, versionsName } from '../versions.ts';

/**
 * A table in which rows or keys of a dataset rest, in the store. Whatever comes to keep rows of a dataset in a table of its
 * own is added to `places` below: an erasure knows nothing else.
 */
export type Place = {
  /** What a person calls it: `current rows`. */
  readonly name: string;
  readonly table: readonly [string, string];
  /** Is row `r` of it one of the erased key `k` (ErasedKeys)? */
  readonly isOf: Sql;
  /** Sets right what was counted, once so many rows are gone. */
  readonly counted?: (c: Connection, gone: number) => Promise<unknown>;
};

type FindPlaces = (c: Connection, dataset: Table) => Promise<readonly Place[]>;

const places: readonly FindPlaces[] = [versions, delta, held, quarantine, missing];

/** Those that are there. */
export async function placesOf(c: Connection, dataset: Table): Promise<readonly Place[]> {
  const found: Place[] = [];
  for (const find of places) found.push(...(await find(c, dataset)));
  return found;
}

async function versions(c: Connection, dataset: Table): Promise<readonly Place[]> {
  const { schema, current, history, key } = dataset;
  const isOf = sameKey(key, sql`r`, sql`k`);
  if (await isInOne(c, dataset))
    return [{ name: 'current rows and closed versions', table: [schema, versionsName(c, dataset)], isOf }];
  const all: readonly Place[] = [
    { name: 'current rows', table: [schema, current], isOf },
    { name: 'closed versions', table: [schema, history], isOf },
  ];
  const there: Place[] = [];
  for (const one of all) if (await isTable(c, ...one.table)) there.push(one);
  return there;
}

async function delta(c: Connection, { address, schema, key }: Table): Promise<readonly Place[]> {
  return (await deltaRanges(c, address)).map(({ n, table }) => ({
    name: 'changes for replicas',
    table: [schema, table],
    isOf: sameKey(key, sql`r`, sql`k`),
    counted: (session, gone) =>
      session.execute(sql`update freehold.fh_delta_range set rows = rows - ${integer(BigInt(gone))}
        where address = ${value(address)} and n = ${value(n)}`),
  }));
}

/** Keys that a read would have deleted, and that wait for an operator. */
async function held(c: Connection, { address, key }: Table): Promise<readonly Place[]> {
  const table = ['freehold', heldKeysTable(address)] as const;
  if (!(await isTable(c, ...table))) return [];
  return [
    {
      name: 'keys that are held',
      table,
      isOf: sameKey(key, sql`r`, sql`k`),
      counted: (session, gone) =>
        session.execute(sql`update freehold.fh_held set rows_gone = rows_gone - ${integer(BigInt(gone))}
          where address = ${value(address)}`),
    },
  ];
}

/** Changes that a check diverted: they have the key's text. */
async function quarantine(c: Connection, { address }: Table): Promise<readonly Place[]> {
  if (!(await isTable(c, 'freehold', 'fh_quarantine'))) return [];
  const rows = await c.query(sql`select table_schema, table_name from freehold.fh_quarantine
    where address = ${value(address)}`);
  return rows.map((row) => ({
    name: 'quarantine',
    table: [String(row.table_schema), String(row.table_name)],
    isOf: sql`r.${name('fh_key')} = k.${name('fh_key')}`,
  }));
}

/** Keys whose rows are still to be read, while a load converges. */
async function missing(c: Connection, { address, key }: Table): Promise<readonly Place[]> {
  const [schema = '', table = ''] = missingTable(address).parts;
  if (!(await isTable(c, schema, table))) return [];
  return [{ name: 'keys that are still to be read', table: [schema, table], isOf: sameKey(key, sql`r`, sql`k`) }];
}
