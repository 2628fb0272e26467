import type { Connection } from '../../engine/connection.ts';
import type { PlannedCheck } from '../../plan/plan.ts';
import { empty, list, type Sql, sql, value, words } from '../../sql/sql.ts';
import { bigintOrNull, integer, timestamp } from '../bookkeeping.ts';

/** What became of the last rows that a check judged. */
export type Outcome = 'passed' | 'warned' | 'diverted' | 'stopped';

/** One run of a check. */
export type Run = {
  readonly address: string;
  readonly check: string;
  readonly ordinal: bigint;
  readonly outcome: Outcome;
  /** Rows that failed; of a check of all rows 1 where it failed. */
  readonly failed: number;
  /** What was measured, as people read it; null: rows are counted. */
  readonly measured: string | null;
  /** Keys of some rows that failed. */
  readonly samples: readonly string[];
};

/** What is kept of a check: its last run, and how much has ever failed. */
export type Result = {
  readonly address: string;
  readonly check: string;
  /** `none`: it has not run yet. */
  readonly outcome: Outcome | 'none';
  /** ms since 1970. */
  readonly ranAtMs: number | null;
  readonly ordinal: bigint | null;
  readonly failed: number;
  readonly failedTotal: number;
  readonly failedAtMs: number | null;
  readonly measured: string | null;
  readonly samples: readonly string[];
  /** What fails up to this ordinal was let through. */
  readonly acceptedTo: bigint | null;
};

/** One row for each check of a dataset; those that the model no longer has go. In the caller's transaction. */
export async function ensureResults(c: Connection, address: string, checks: readonly PlannedCheck[]): Promise<void> {
  const names = checks.map(({ name }) => value(name));
  const others = names.length === 0 ? empty : sql`and check_name not in (${list(names)})`;
  await c.execute(sql`delete from freehold.fh_quality where address = ${value(address)} ${others}`);
  for (const name of names)
    await c.execute(sql`insert into freehold.fh_quality (address, check_name, outcome, failed, failed_total)
      select ${value(address)}, ${name}, 'none', 0, 0
      where not exists (select 1 from freehold.fh_quality where address = ${value(address)} and check_name = ${name})`);
}

/** Notes runs, in the caller's transaction. Those that passed again are noted every ten seconds. */
export async function noteRuns(c: Connection, runs: readonly Run[]): Promise<void> {
  const now = sql`cast(current_timestamp as ${timestamp(c)})`;
  const byAddress = new Map<string, Run[]>();
  for (const run of runs) {
    if (run.outcome === 'passed' && run.measured === null)
      byAddress.set(run.address, [...(byAddress.get(run.address) ?? []), run]);
    else
      await c.execute(sql`update freehold.fh_quality set outcome = ${value(run.outcome)}, ran_at = ${now},
          ordinal = ${integer(run.ordinal)}, measured = ${value(run.measured)}, failed = ${integer(BigInt(run.failed))},
          failed_total = failed_total + ${integer(BigInt(run.failed))}
          ${run.failed === 0 ? empty : sql`, failed_at = ${now}, samples = ${value(JSON.stringify(run.samples))}`}
        where address = ${value(run.address)} and check_name = ${value(run.check)}`);
  }
  for (const [address, passed] of byAddress) {
    const ordinal = integer(passed.reduce((most, run) => (run.ordinal > most ? run.ordinal : most), 0n));
    await c.execute(sql`update freehold.fh_quality
      set outcome = 'passed', ran_at = ${now}, ordinal = ${ordinal}, failed = 0
      where address = ${value(address)} and check_name in (${list(passed.map(({ check }) => value(check)))})
        and (outcome <> 'passed' or ran_at < ${now} - ${words("interval '10 seconds'")})`);
  }
}

/** Notes what stopped a stream, and which. In the caller's transaction. */
export async function noteStopped(c: Connection, stream: string, runs: readonly Run[]): Promise<void> {
  await noteRuns(c, runs);
  for (const { address, check } of runs)
    await c.execute(sql`update freehold.fh_quality set stream = ${value(stream)}
      where address = ${value(address)} and check_name = ${value(check)}`);
}

/** Of datasets, by address and check. */
export async function resultsOf(c: Connection, addresses: readonly string[]): Promise<readonly Result[]> {
  if (addresses.length === 0) return [];
  const ms = (column: Sql) => sql`cast(extract(epoch from ${column}) * 1000 as ${words(c.dialect.bigint)})`;
  const rows = await c.query(sql`select address, check_name, outcome, ${ms(sql`ran_at`)} as ran_ms, ordinal, failed,
      failed_total, ${ms(sql`failed_at`)} as failed_ms, measured, samples, accepted_to
    from freehold.fh_quality where address in (${list(addresses.map((of) => value(of)))})
    order by address, check_name`);
  return rows.map((row) => ({
    address: String(row.address),
    check: String(row.check_name),
    outcome: outcomeOf(row.outcome),
    ranAtMs: numberOrNull(row.ran_ms),
    ordinal: bigintOrNull(row.ordinal),
    failed: Number(row.failed),
    failedTotal: Number(row.failed_total),
    failedAtMs: numberOrNull(row.failed_ms),
    measured: typeof row.measured === 'string' ? row.measured : null,
    samples: samplesIn(row.samples),
    acceptedTo: bigintOrNull(row.accepted_to),
  }));
}

/** Lets what a check stopped through: all that fails up to the ordinal at which it did. False where nothing is stopped. */
export async function acceptStopped(c: Connection, { address, check, ordinal }: Result, by: string): Promise<boolean> {
  if (ordinal === null) return false;
  const changed = await c.execute(sql`update freehold.fh_quality
    set accepted_to = ${integer(ordinal)}, accepted_by = ${value(by)}
    where address = ${value(address)} and check_name = ${value(check)} and outcome = 'stopped' and ordinal = ${integer(ordinal)}`);
  return changed === 1;
}

function outcomeOf(of: unknown): Result['outcome'] {
  return of === 'passed' || of === 'warned' || of === 'diverted' || of === 'stopped' ? of : 'none';
}

function samplesIn(of: unknown): readonly string[] {
  const read: unknown = typeof of === 'string' ? JSON.parse(of) : [];
  return Array.isArray(read) ? read.map(String) : [];
}

function numberOrNull(of: unknown): number | null {
  return of === null || of === undefined ? null : Number(of);
}
