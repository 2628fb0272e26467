import type { Position } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import { list, type Sql, sql, value, words } from '../../sql/sql.ts';
import { integer } from '../bookkeeping.ts';
import { missingTable } from '../merge/missing.ts';

/**
 * How far a load beside a log has come, in the store and in the transactions of its rows, so that a load that was cut goes
 * on. There is a record from the load's begin until the dataset's rows are complete (`fh_dataset`); see `load.ts`.
 */
export type LoadRecord = {
  readonly address: string;
  /** Of the first view: the log is followed from there. */
  readonly position: Position;
  readonly identity: string;
  /** Which table of the source, in its log's words. */
  readonly mark: string;
  /** When the first view was opened, ms since 1970. */
  readonly startedMs: number;
  /** A digest of how the dataset was described when its rows were read. */
  readonly shape: string;
  /** What the parts are of; see Capture.storage. */
  readonly storage: string | null;
  /** All parts are in, and the key is built. */
  readonly isWhole: boolean;
  readonly parts: readonly PartRecord[];
};

export type PartRecord = {
  readonly n: number;
  /** In the source's own words. */
  readonly where: Sql;
  /** As it is in `where`: what the record keeps. */
  readonly condition: string;
  /** About so large at the source, and about so many rows; null: unknown. */
  readonly bytes: number;
  readonly estimated: number | null;
  /** Of the view that it was read in; null: not yet. */
  readonly position: Position | null;
  readonly rows: number;
  /** When that was committed, ms since 1970. */
  readonly readMs: number | null;
};

/** Of a stream, by dataset address. */
export async function readLoads(c: Connection, stream: string): Promise<ReadonlyMap<string, LoadRecord>> {
  const loads = await c.query(sql`select address, position, identity, mark, started_ms, shape, storage, is_whole
    from freehold.fh_load where stream = ${value(stream)} order by address`);
  if (loads.length === 0) return new Map();
  const parts =
    await c.query(sql`select p.address, p.n, p.condition, p.bytes, p.estimated, p.position, p.rows, p.read_ms
    from freehold.fh_load_part p join freehold.fh_load l on l.address = p.address
    where l.stream = ${value(stream)} order by p.address, p.n`);
  return new Map(
    loads.map((row): [string, LoadRecord] => [
      String(row.address),
      {
        address: String(row.address),
        position: String(row.position),
        identity: String(row.identity),
        mark: textOrNull(row.mark) ?? '',
        startedMs: Number(row.started_ms),
        shape: String(row.shape),
        storage: textOrNull(row.storage),
        isWhole: row.is_whole === true,
        parts: parts
          .filter(({ address }) => address === row.address)
          .map((part) => ({
            n: Number(part.n),
            where: words(String(part.condition)),
            condition: String(part.condition),
            bytes: Number(part.bytes),
            estimated: part.estimated === null ? null : Number(part.estimated),
            position: textOrNull(part.position),
            rows: Number(part.rows ?? 0),
            readMs: part.read_ms === null ? null : Number(part.read_ms),
          })),
      },
    ]),
  );
}

/** Writes a dataset's record in the place of what there was. In the caller's transaction. */
export async function writeLoad(c: Connection, stream: string, load: LoadRecord): Promise<void> {
  const { address, position, identity, mark, startedMs, shape, storage, isWhole, parts } = load;
  await forgetRecords(c, [address]);
  await c.execute(sql`insert into freehold.fh_load (address, stream, position, identity, mark, started_ms, shape, storage, is_whole)
    values (${value(address)}, ${value(stream)}, ${value(position)}, ${value(identity)}, ${value(mark)},
      ${integer(BigInt(startedMs))}, ${value(shape)}, ${value(storage)}, ${value(isWhole)})`);
  for (let from = 0; from < parts.length; from += 500) {
    const rows = parts.slice(from, from + 500).map(
      (part) => sql`(${value(address)}, ${value(part.n)}, ${value(part.condition)}, ${whole(part.bytes)},
        ${part.estimated === null ? sql`null` : whole(part.estimated)}, ${value(part.position)}, ${whole(part.rows)})`,
    );
    await c.execute(sql`insert into freehold.fh_load_part (address, n, condition, bytes, estimated, position, rows)
      values ${list(rows)}`);
  }
}

/** A part's rows are here, as of a view. In the transaction that brings them. */
export async function notePart(
  c: Connection,
  address: string,
  n: number,
  { position, rows, readMs }: { readonly position: Position; readonly rows: number; readonly readMs: number },
): Promise<void> {
  await c.execute(sql`update freehold.fh_load_part
    set position = ${value(position)}, rows = ${whole(rows)}, read_ms = ${whole(readMs)}
    where address = ${value(address)} and n = ${value(n)}`);
}

/** Reads more in a view of this position: no part, but keys of the dataset. In the transaction that brings the rows. */
export async function noteReach(c: Connection, address: string, position: Position): Promise<void> {
  await c.execute(sql`insert into freehold.fh_load_part (address, n, condition, bytes, estimated, position, rows)
    select ${value(address)}, coalesce(max(n), 0) + 1, 'false', 0, 0, ${value(position)}, 0
    from freehold.fh_load_part where address = ${value(address)}`);
}

export async function noteWhole(c: Connection, address: string): Promise<void> {
  await c.execute(sql`update freehold.fh_load set is_whole = true where address = ${value(address)}`);
}

/** Keeps which tables of the source the loads go on with. Idempotent. */
export async function noteLoadMarks(c: Connection, marks: ReadonlyMap<string, string>): Promise<void> {
  for (const [address, mark] of marks)
    await c.execute(sql`update freehold.fh_load set mark = ${value(mark)}
      where address = ${value(address)} and coalesce(mark, '') <> ${value(mark)}`);
}

/** Gives up what was noted of loads under way, with the keys that were still to be read. In the caller's transaction. */
export async function forgetLoading(c: Connection, addresses: readonly string[]): Promise<void> {
  for (const address of addresses) await c.execute(sql`drop table if exists ${missingTable(address)}`);
  await forgetRecords(c, addresses);
}

export async function forgetRecords(c: Connection, addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    await c.execute(sql`delete from freehold.fh_load_part where address = ${value(address)}`);
    await c.execute(sql`delete from freehold.fh_load where address = ${value(address)}`);
  }
}

/** The greatest position of a view that any of the rows are from; positions sort by code point. */
export function reachOf(loads: Iterable<Pick<LoadRecord, 'position' | 'parts'>>): Position {
  let reach: Position = '';
  for (const { position, parts } of loads)
    for (const at of [position, ...parts.map((part) => part.position ?? '')]) if (at > reach) reach = at;
  return reach;
}

function whole(of: number): Sql {
  return integer(BigInt(Math.round(of)));
}

function textOrNull(of: unknown): string | null {
  return typeof of === 'string' ? of : null;
}
