import { digestText } from '../../../base/digest.ts';
import type { Connection } from '../../../engine/connection.ts';
import type { StreamDataset } from '../../../plan/plan.ts';
import { list, name, type SqlName, sql, value } from '../../../sql/sql.ts';
import { instant } from '../../bookkeeping.ts';
import { sameKey } from '../../key.ts';
import { keyText, shown } from '../unclear-key.ts';

/**
 * What was held of a dataset, beside its rows in the store: how much, and in a table of its own the keys that would have
 * gone, for whoever looks into it, and so that a release is of exactly these.
 */
export type Held = {
  readonly address: string;
  readonly rowsHere: number;
  readonly rowsGone: number;
  readonly heldAtMs: number;
  readonly isReleased: boolean;
};

/** Of a stream, by dataset address. */
export async function readHeld(c: Connection, stream: string): Promise<ReadonlyMap<string, Held>> {
  const rows = await c.query(sql`select address, rows_here, rows_gone, released_by is not null as is_released,
      cast(extract(epoch from held_at) * 1000 as bigint) as held_ms
    from freehold.fh_held where stream = ${value(stream)} order by address`);
  return new Map(
    rows.map((row) => [
      String(row.address),
      {
        address: String(row.address),
        rowsHere: Number(row.rows_here),
        rowsGone: Number(row.rows_gone),
        heldAtMs: Number(row.held_ms),
        isReleased: row.is_released === true,
      },
    ]),
  );
}

/**
 * Writes down what is held, in the place of what was. `staged`: a table whose rows with fh_op 0 have the keys. One
 * transaction. False where an operator has released what was held meanwhile: then nothing was written.
 */
export function writeHeld(
  c: Connection,
  stream: string,
  dataset: StreamDataset,
  staged: string,
  held: Pick<Held, 'rowsHere' | 'rowsGone' | 'heldAtMs'>,
  before: Held | null,
): Promise<boolean> {
  const { address } = dataset;
  return c.transaction(async () => {
    const gone = await c.execute(sql`delete from freehold.fh_held
      where address = ${value(address)} and released_by is ${before?.isReleased === true ? sql`not null` : sql`null`}`);
    if (before !== null && gone === 0) return false;
    await c.execute(sql`insert into freehold.fh_held (address, stream, rows_here, rows_gone, held_at)
      values (${value(address)}, ${value(stream)}, ${value(held.rowsHere)}, ${value(held.rowsGone)},
        ${instant(c, held.heldAtMs)})`);
    await c.execute(sql`drop table if exists ${keysTable(address)}`);
    const key = list(dataset.key.map((one) => name(one)));
    await c.execute(sql`create table ${keysTable(address)} as select ${key} from ${name(staged)} where fh_op = 0`);
    return true;
  });
}

/** How many of the keys that would go are not among those that were held. */
export async function countBeyond(c: Connection, dataset: StreamDataset, staged: string): Promise<number> {
  const [row] = await c.query(sql`select count(*) as n from ${name(staged)} s where s.fh_op = 0
    and not exists (select 1 from ${keysTable(dataset.address)} h where ${sameKey(dataset.key, sql`h`, sql`s`)})`);
  return Number(row?.n);
}

/** Within the transaction that merges, or that finds that nothing is to be held any more. */
export async function forgetHeld(c: Connection, address: string): Promise<void> {
  await c.execute(sql`delete from freehold.fh_held where address = ${value(address)}`);
  await c.execute(sql`drop table if exists ${keysTable(address)}`);
}

/** Lets what is held of a dataset go, with the next read: exactly what is held now. False where it is another thing, or gone. */
export async function release(c: Connection, held: Held, by: string): Promise<boolean> {
  const changed = await c.execute(sql`update freehold.fh_held set released_by = ${value(by)}
    where address = ${value(held.address)} and rows_gone = ${value(held.rowsGone)} and held_at = ${instant(c, held.heldAtMs)}`);
  return changed === 1;
}

/** Some of the keys that would go, as `id=5, part=a`. */
export async function sampleHeld(c: Connection, dataset: StreamDataset): Promise<readonly string[]> {
  const texts = dataset.key.map((key, i) => sql`${keyText(c, dataset, key)} as ${name(`k${i}`)}`);
  const rows = await c.query(sql`select ${list(texts)} from ${keysTable(dataset.address)} r limit 5`);
  return rows.map((row) => shown(dataset, row));
}

function keysTable(address: string): SqlName {
  return name('freehold', heldKeysTable(address));
}

/** The table beside `fh_held`, of schema `freehold`, that has the keys of a dataset that are held; it is there while there are such. */
export function heldKeysTable(address: string): string {
  return `fh_held_${digestText(address).slice(0, 16)}`;
}
