import type { Connection } from '../../engine/connection.ts';
import { list, type Sql, sql, value, words } from '../../sql/sql.ts';
import { integer } from '../bookkeeping.ts';

/**
 * How far the move of a stream into this store has come, in the transactions of its rows, so that a move that was cut goes
 * on. It stays when the move is over: it says that what is here came by one.
 */
export type MoveRecord = {
  /** Where the rows are from, as the plan names it. */
  readonly fromPlace: string;
  /** A digest of how the stream was described when its tables were made. */
  readonly shape: string;
  /** Are the keys and indexes built? All parts are here then. */
  readonly isIndexed: boolean;
};

/** What is copied by its ordinals: current rows and closed versions of a dataset, the clock of a stream. */
export type What = 'current' | 'closed' | 'clock';

export type MovePart = {
  /** A dataset's address, or the stream. */
  readonly of: string;
  readonly what: What;
  readonly n: number;
  readonly where: Sql;
  /** As it is in `where`: what the record keeps. */
  readonly condition: string;
  /** About so large, and about so many rows; null: unknown. */
  readonly bytes: number;
  readonly estimated: number | null;
  readonly rows: number;
  /** When its rows were committed here, ms since 1970; null: not yet. */
  readonly readMs: number | null;
  /** It is what the old store had at this ordinal, but for what changed later. */
  readonly asOf: bigint;
};

/** Null: nobody began to move the stream here. */
export async function readMove(c: Connection, stream: string): Promise<MoveRecord | null> {
  const [row] = await c.query(
    sql`select from_place, shape, is_indexed from freehold.fh_move where stream = ${value(stream)}`,
  );
  if (row === undefined) return null;
  return { fromPlace: String(row.from_place), shape: String(row.shape), isIndexed: row.is_indexed === true };
}

/** In the caller's transaction. */
export async function writeMove(c: Connection, stream: string, move: MoveRecord): Promise<void> {
  await forgetMove(c, stream);
  await c.execute(sql`insert into freehold.fh_move (stream, from_place, shape, is_indexed)
    values (${value(stream)}, ${value(move.fromPlace)}, ${value(move.shape)}, ${value(move.isIndexed)})`);
}

export async function noteIndexed(c: Connection, stream: string): Promise<void> {
  await c.execute(sql`update freehold.fh_move set is_indexed = true where stream = ${value(stream)}`);
}

export async function readMoveParts(c: Connection, stream: string): Promise<readonly MovePart[]> {
  const rows = await c.query(sql`select "of" as whose, what, n, condition, bytes, estimated, rows, read_ms, as_of
    from freehold.fh_move_part where stream = ${value(stream)} order by "of", what, n`);
  return rows.map((row) => ({
    of: String(row.whose),
    what: whatOf(row.what),
    n: Number(row.n),
    where: words(String(row.condition)),
    condition: String(row.condition),
    bytes: Number(row.bytes),
    estimated: row.estimated === null ? null : Number(row.estimated),
    rows: Number(row.rows ?? 0),
    readMs: row.read_ms === null ? null : Number(row.read_ms),
    asOf: BigInt(String(row.as_of)),
  }));
}

/** In the caller's transaction. */
export async function writeMoveParts(c: Connection, stream: string, parts: readonly MovePart[]): Promise<void> {
  for (let from = 0; from < parts.length; from += 500) {
    const rows = parts.slice(from, from + 500).map(
      ({ of, what, n, condition, bytes, estimated, asOf }) =>
        sql`(${value(stream)}, ${value(of)}, ${value(what)}, ${value(n)}, ${value(condition)}, ${whole(bytes)},
          ${estimated === null ? sql`null` : whole(estimated)}, ${integer(asOf)})`,
    );
    await c.execute(sql`insert into freehold.fh_move_part (stream, "of", what, n, condition, bytes, estimated, as_of)
      values ${list(rows)}`);
  }
}

/** Which rows of a stream's a part is of. */
export type OfPart = Pick<MovePart, 'of' | 'what'>;

/** Of all parts of these rows: from which ordinal on changes are still to come. */
export async function noteAsOf(c: Connection, stream: string, { of, what }: OfPart, asOf: bigint): Promise<void> {
  await c.execute(sql`update freehold.fh_move_part set as_of = ${integer(asOf)}
    where stream = ${value(stream)} and "of" = ${value(of)} and what = ${value(what)}`);
}

/** A part's rows are here. In the transaction that brings them. */
export async function noteMoved(
  c: Connection,
  stream: string,
  { of, what, n }: Pick<MovePart, 'of' | 'what' | 'n'>,
  { rows, readMs }: Pick<MovePart, 'rows'> & { readonly readMs: number },
): Promise<void> {
  await c.execute(sql`update freehold.fh_move_part set rows = ${whole(rows)}, read_ms = ${whole(readMs)}
    where stream = ${value(stream)} and "of" = ${value(of)} and what = ${value(what)} and n = ${value(n)}`);
}

/** What is here of it is of no use. In the caller's transaction, or alone: the next move clears what there is. */
export async function forgetMove(c: Connection, stream: string): Promise<void> {
  await c.execute(sql`delete from freehold.fh_move_part where stream = ${value(stream)}`);
  await c.execute(sql`delete from freehold.fh_move where stream = ${value(stream)}`);
}

function whatOf(of: unknown): What {
  return of === 'current' || of === 'closed' ? of : 'clock';
}

function whole(of: number): Sql {
  return integer(BigInt(Math.round(of)));
}
