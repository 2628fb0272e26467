import { must } from '../../base/must.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import { literal, name, type Sql, sql, value } from '../../sql/sql.ts';
import { bigintOrNull } from '../bookkeeping.ts';
import { columnsOfOurs, type Hashing } from '../capture/row-hash.ts';
import { readCheckpoint } from '../checkpoint.ts';
import { readMoveParts } from './record.ts';
import type { MovedDataset } from './resting.ts';

/** How rows are hashed in the old store and in the new one: rows that are equal have equal hashes. */
export type Hashings = readonly [old: Hashing, now: Hashing];

/** What was copied is not what the old store has: nothing is switched, and what is here is made anew. */
export class Differs extends EngineError {
  constructor(address: string, what: string, there: Tally, here: Tally) {
    super(
      'statement',
      `${what} of dataset '${address}' differ after they were copied into the store that it moves to: ${there.rows} there, ${here.rows} here` +
        `${there.rows === here.rows ? ', with other values' : ''}. Nothing was switched, the stream goes on where it was, and what was copied is given up. ` +
        'Somebody else may have written to one of the two, or a table was rewritten meanwhile. Apply again.',
    );
  }
}

type Tally = { readonly rows: number; readonly sum: string };

/** Errors: Differs. Nothing may change the old store's current rows meanwhile. */
export async function compareCurrent(
  old: Connection,
  now: Connection,
  { table }: MovedDataset,
  hashings: Hashings,
): Promise<void> {
  const from = sql`${name(table.schema, table.current)} c`;
  const [there, here] = await tallies(old, now, hashings, table, ['fh_from'], from);
  if (!isSame(there, here)) throw new Differs(table.address, 'current rows', there, here);
}

/**
 * Closed versions that ended after one ordinal, up to another; not those that may be purged by now. Errors: Differs.
 */
export async function compareClosed(
  old: Connection,
  now: Connection,
  { table, closed }: MovedDataset,
  hashings: Hashings,
  after: bigint,
  upTo: bigint,
): Promise<void> {
  if (closed === null || after >= upTo) return;
  for (let kept = await keptFrom(old, table.address); ; ) {
    const from = sql`${name(table.schema, table.history)} c
      where c.fh_to > ${literal(after > kept ? after : kept)} and c.fh_to <= ${literal(upTo)}`;
    const [there, here] = await tallies(old, now, hashings, table, ['fh_from', 'fh_to'], from);
    if (isSame(there, here)) return;
    const before = kept;
    kept = await keptFrom(old, table.address);
    // Some were purged between the two.
    if (kept === before) throw new Differs(table.address, 'closed versions', there, here);
  }
}

/** Compares the closed versions that are here, of which none changes any more; up to which ordinal. Errors: Differs. */
export async function compareEarly(
  old: Connection,
  now: Connection,
  stream: string,
  moved: readonly MovedDataset[],
  hashings: Hashings,
): Promise<bigint> {
  const at = must(await readCheckpoint(old, stream), `checkpoint of '${stream}'`);
  // But for those that were erased there, and are here until the end.
  if (at.erased > 0n) return 0n;
  const upTo = (await readMoveParts(now, stream)).reduce(
    (least, { asOf }) => (asOf < least ? asOf : least),
    at.ordinal,
  );
  for (const one of moved) await compareClosed(old, now, one, hashings, 0n, upTo);
  return upTo;
}

/** The ordinal from which on every version is there. */
async function keptFrom(old: Connection, address: string): Promise<bigint> {
  const [row] = await old.query(sql`select complete_from from freehold.fh_dataset where address = ${value(address)}`);
  return bigintOrNull(row?.complete_from) ?? 0n;
}

function tallies(
  old: Connection,
  now: Connection,
  [ofOld, ofNow]: Hashings,
  { columns }: MovedDataset['table'],
  header: readonly string[],
  from: Sql,
): Promise<[Tally, Tally]> {
  const all = [
    ...columnsOfOurs(columns),
    ...header.map((column) => ({ type: { kind: 'int', bits: 64 } as const, value: sql`c.${name(column)}` })),
  ];
  return Promise.all([tallyOf(old, ofOld.of(all), from), tallyOf(now, ofNow.of(all), from)]);
}

async function tallyOf(c: Connection, hash: Sql, from: Sql): Promise<Tally> {
  const [row] = await c.query(sql`select count(*) as n, cast(coalesce(sum(h.h), 0) as text) as s
    from (select ${hash} as h from ${from}) h`);
  return { rows: Number(row?.n), sum: String(row?.s) };
}

function isSame(a: Tally, b: Tally): boolean {
  return a.rows === b.rows && a.sum === b.sum;
}
