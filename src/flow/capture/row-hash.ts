import type { Capture } from '../../engine/capture.ts';
import { type Connection, EngineError, type RowHash } from '../../engine/connection.ts';
import type { TableColumn } from '../../plan/plan.ts';
import { list, literal, name, type Sql, sql } from '../../sql/sql.ts';
import type { Type } from '../../types/type.ts';
import { isByText } from '../merge/changes.ts';
import { columnText } from '../ranges/row-text.ts';

/** How rows are hashed on a connection. */
export type Hashing = {
  /** A 64-bit integer of some columns of a row, equal where they are equal by value. */
  readonly of: (columns: readonly HashedColumn[]) => Sql;
  /** One of so many buckets, of a row by its key. */
  readonly bucketOf: (key: readonly HashedColumn[], buckets: number) => Sql;
  /** Does it cost next to nothing? Texts of all rows cost more than what is split by them. */
  readonly isCheap: boolean;
};

/** `value`: the column as its type's physical type. */
export type HashedColumn = { readonly type: Type; readonly value: Sql };

/** The type of a sum of hashes: rows of one hash count each, and their order does not. */
export const sumType: Type = { kind: 'decimal', precision: 38, scale: 0 };

/** The engine's own hash where the server has it, else that of canonical texts. Not within a transaction. */
export async function hashingOn(c: Connection): Promise<Hashing> {
  return (await probed(c)) === null ? byText(c) : byEngine(c, c.types.rowHash);
}

/** One for each, by which rows that are equal have equal hashes on both. Not within a transaction. */
export async function hashingOnBoth(a: Connection, b: Connection): Promise<readonly [Hashing, Hashing]> {
  const [ofA, ofB] = await Promise.all([probed(a), probed(b)]);
  if (ofA === null || ofA !== ofB) return [byText(a), byText(b)];
  return [byEngine(a, a.types.rowHash), byEngine(b, b.types.rowHash)];
}

/** The columns of a source's table, as they are read. */
export function columnsRead({ read }: Pick<Capture, 'read'>, columns: readonly TableColumn[]): readonly HashedColumn[] {
  return columns.map((column) => ({ type: column.type, value: read(column) }));
}

/** The columns of a table of ours that is called `c`. */
export function columnsOfOurs(columns: readonly TableColumn[]): readonly HashedColumn[] {
  return columns.map((column) => ({ type: column.type, value: sql`c.${name(column.name)}` }));
}

async function probed(c: Connection): Promise<string | null> {
  const { rowHash } = c.types;
  if (rowHash === undefined) return null;
  try {
    const [row] = await c.query(sql`select ${rowHash.probe} as probe`);
    return String(row?.probe);
  } catch (failure) {
    // A server from before it had the functions.
    if (failure instanceof EngineError && failure.kind === 'missing') return null;
    throw failure;
  }
}

/** How many rows whose keys are whole numbers next to each other are in one bucket: what changes together is often there. */
const neighbours = 16;

function byEngine(c: Connection, rowHash: RowHash | undefined): Hashing {
  if (rowHash === undefined) return byText(c);
  const of: Hashing['of'] = (columns) =>
    rowHash.of(columns.map(({ type, value }) => (isByText(type) ? c.types.canonicalText(type, value) : value)));
  return {
    of,
    isCheap: true,
    bucketOf(key, buckets) {
      const [first] = key;
      const isNumber = key.length === 1 && first?.type.kind === 'int';
      return sql`abs((${isNumber ? sql`${first.value} / ${literal(neighbours)}` : of(key)}) % ${literal(buckets)})`;
    },
  };
}

function byText(c: Connection): Hashing {
  const of: Hashing['of'] = (columns) => {
    const texts = columns.map(({ type, value }) => columnText(c, type, value));
    return c.types.textHash(sql`${list(texts, ' || ')}`);
  };
  return { of, isCheap: false, bucketOf: (key, buckets) => sql`${of(key)} % ${literal(buckets)}` };
}
