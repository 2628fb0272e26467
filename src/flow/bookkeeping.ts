import { setTimeout } from 'node:timers/promises';
import { type Connection, EngineError } from '../engine/connection.ts';
import { list, type Sql, sql, value, words } from '../sql/sql.ts';

/** A step of a stream: its ordinal and the source's commit time, ms since 1970. */
export type Step = { readonly ordinal: bigint; readonly atMs: number };

/**
 * Writes the steps into the clock, in the caller's transaction. `at` never runs back, and of the steps within one
 * millisecond the last stays: also where an earlier batch ended within it, so the clock does not depend on the batches.
 */
export async function recordSteps(c: Connection, stream: string, steps: readonly Step[]): Promise<void> {
  if (steps.length === 0) return;
  // The last, which is the latest too; a stream that took others over may have later ones of an earlier life before it.
  const [row] = await c.query(
    sql`select ordinal, cast(extract(epoch from "at") * 1000 as ${words(c.dialect.bigint)}) as at_ms
      from freehold.fh_clock where stream = ${value(stream)} order by ordinal desc limit 1`,
  );
  const before = row === undefined ? null : Number(row.at_ms);
  const ticks = ticksOf(steps, before);
  if (row !== undefined && ticks[0]?.atMs === before) {
    await c.execute(
      sql`delete from freehold.fh_clock where stream = ${value(stream)} and ordinal = ${integer(BigInt(String(row.ordinal)))}`,
    );
  }
  for (let from = 0; from < ticks.length; from += 500) {
    const rows = ticks
      .slice(from, from + 500)
      .map((tick) => sql`(${value(stream)}, ${integer(tick.ordinal)}, ${instant(c, tick.atMs)})`);
    await c.execute(sql`insert into freehold.fh_clock (stream, ordinal, "at") values ${list(rows)}`);
  }
}

/** The last step of each distinct millisecond, after the running maximum. */
export function ticksOf(steps: readonly Step[], before: number | null): readonly Step[] {
  const ticks: Step[] = [];
  let at = before ?? Number.NEGATIVE_INFINITY;
  for (const step of steps) {
    if (step.atMs <= at && ticks.length > 0) ticks.pop();
    at = Math.max(at, step.atMs);
    ticks.push({ ordinal: step.ordinal, atMs: at });
  }
  return ticks;
}

/** Notes that a dataset's rows are here, and from which ordinal on its versions and its delta are complete. */
export async function recordLoaded(
  c: Connection,
  stream: string,
  address: string,
  loaded: {
    readonly completeFrom: bigint;
    readonly position: string | null;
    /** Null where it keeps none. */
    readonly deltaFrom: bigint | null;
    /** Which table of the source they were read from, in its log's words; absent: no log says. */
    readonly mark?: string;
  },
): Promise<void> {
  const from = integer(loaded.completeFrom);
  const delta = loaded.deltaFrom === null ? sql`null` : integer(loaded.deltaFrom);
  const changed = await c.execute(
    sql`update freehold.fh_dataset
      set stream = ${value(stream)}, complete_from = ${from}, loaded_position = ${value(loaded.position)}, delta_from = ${delta},
        source_mark = ${value(loaded.mark ?? null)}
      where address = ${value(address)}`,
  );
  if (changed > 0) return;
  await c.execute(sql`insert into freehold.fh_dataset (address, stream, complete_from, loaded_position, delta_from, source_mark)
    values (${value(address)}, ${value(stream)}, ${from}, ${value(loaded.position)}, ${delta}, ${value(loaded.mark ?? null)})`);
}

export type LoadedDataset = {
  readonly completeFrom: bigint;
  readonly deltaFrom: bigint | null;
  /** The log's changes up to here are in the rows that were loaded; null where they were not loaded beside a log. */
  readonly position: string | null;
  /** Which table of the source they are from: LoggedTable.mark; '' where nobody noted it. */
  readonly mark: string;
};

/** Notes which tables of the source the rows go on with. Idempotent. */
export async function recordMarks(c: Connection, marks: ReadonlyMap<string, string>): Promise<void> {
  for (const [address, mark] of marks) {
    await c.execute(
      sql`update freehold.fh_dataset set source_mark = ${value(mark)}
        where address = ${value(address)} and coalesce(source_mark, '') <> ${value(mark)}`,
    );
  }
}

/** Datasets of a stream whose rows are here, by address. */
export async function loadedDatasets(c: Connection, stream: string): Promise<ReadonlyMap<string, LoadedDataset>> {
  const rows = await c.query(
    sql`select address, complete_from, loaded_position, delta_from, coalesce(source_mark, '') as mark
      from freehold.fh_dataset where stream = ${value(stream)}`,
  );
  return new Map(
    rows.map((row) => [
      String(row.address),
      {
        completeFrom: BigInt(String(row.complete_from)),
        position: typeof row.loaded_position === 'string' ? row.loaded_position : null,
        deltaFrom: bigintOrNull(row.delta_from),
        mark: String(row.mark),
      },
    ]),
  );
}

/** One of the tables that hold a dataset's delta: the net changes of the ordinals after `after`, up to the next range's. */
export type DeltaRange = {
  /** 1, 2, 3, ...: the largest takes what is appended. */
  readonly n: number;
  readonly table: string;
  readonly after: bigint;
  readonly rows: number;
};

/** The oldest first. */
export async function deltaRanges(c: Connection, address: string): Promise<readonly DeltaRange[]> {
  const rows = await c.query(sql`select n, "table" as named, after_ordinal, rows from freehold.fh_delta_range
    where address = ${value(address)} order by n`);
  return rows.map((row) => ({
    n: Number(row.n),
    table: String(row.named),
    after: BigInt(String(row.after_ordinal)),
    rows: Number(row.rows),
  }));
}

/** Greater than every ordinal: `fh_to` of versions that are still so. */
export const endless = 2n ** 63n - 1n;

/** A bigint of a row, which drivers give as bigint or as digits; null where it is null. */
export function bigintOrNull(of: unknown): bigint | null {
  return typeof of === 'bigint' ? of : typeof of === 'string' ? BigInt(of) : null;
}

/** A bigint parameter: as text, which every driver and every way between processes carries exactly. */
export function integer(of: bigint): Sql {
  return sql`cast(${value(String(of))} as bigint)`;
}

export function instant(c: Connection, atMs: number): Sql {
  return sql`cast(${value(new Date(atMs).toISOString())} as ${timestamp(c)})`;
}

export function timestamp(c: Connection): Sql {
  return words(c.dialect.timestamptz);
}

/**
 * Runs an idempotent statement or transaction of definition, and again where it fails: two sessions that create the same
 * thing at the same time can fail each other even with `if not exists`, and in DuckDB do so until the other has committed.
 */
export async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (failure) {
      if (!(failure instanceof EngineError) || tries >= (failure.kind === 'conflict' ? 50 : 2)) throw failure;
      if (failure.kind === 'conflict') await setTimeout(20 * Math.min(tries, 10));
    }
  }
}

/** Runs the dialect's settings, which hold until the end of the transaction. */
export async function applySettings(c: Connection, settings: readonly string[]): Promise<void> {
  if (settings.length > 0) await c.execute(sql`${list(settings.map(words), ';\n')}`);
}
