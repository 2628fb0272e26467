import type { Connection } from '../engine/connection.ts';
import { sql, value } from '../sql/sql.ts';
import { locks, writerLocks } from './locks.ts';
import { livingProcesses } from './process.ts';
import { textOf } from './row.ts';

/**
 * Terms. *unit*: what one process works on at a time: a node's id. *epoch*: how often the unit has changed hands. The
 * epoch that fences is the checkpoint's own, in the store; this one tells operators and logs which ownership it was.
 */
export type Owned = { readonly unit: string; readonly epoch: bigint };

/**
 * Of these units, those that were free or whose process is dead; ours from now on. One transaction, one process at a
 * time: before, each unit has at most one living owner; after, too. Units that we own already are not in the answer.
 */
export function acquireUnits(c: Connection, process: number, units: readonly string[]): Promise<readonly Owned[]> {
  return c.transaction(async () => {
    await c.query(sql`select pg_advisory_xact_lock(${value(writerLocks)}, ${value(locks.units)})`);
    await c.execute(sql`insert into freehold_ledger.unit (unit)
      select distinct unnest(${value(units)}::text[]) on conflict do nothing`);
    const rows = await c.query(sql`update freehold_ledger.unit u
      set process = ${value(process)}, epoch = epoch + 1, since = clock_timestamp()
      where u.unit = any(${value(units)}::text[])
        and (u.process is null or u.process not in (${livingProcesses}))
        and ${value(process)}::integer in (${livingProcesses})
      returning u.unit, u.epoch`);
    return rows.map((row) => ({ unit: String(row.unit), epoch: BigInt(String(row.epoch)) }));
  });
}

/** Gives up those of the units that are ours. */
export async function releaseUnits(c: Connection, process: number, units: readonly string[] | 'all'): Promise<void> {
  await c.execute(
    units === 'all'
      ? sql`update freehold_ledger.unit set process = null where process = ${value(process)}`
      : sql`update freehold_ledger.unit set process = null
          where process = ${value(process)} and unit = any(${value(units)}::text[])`,
  );
}

export type Owner = { readonly unit: string; readonly epoch: bigint; readonly process: string | null };

/** Every unit with the name of the living process that owns it. */
export async function ownersOf(c: Connection): Promise<readonly Owner[]> {
  const rows = await c.query(sql`select u.unit, u.epoch, p.name from freehold_ledger.unit u
    left join freehold_ledger.process p on p.id = u.process and p.id in (${livingProcesses})
    order by u.unit collate "C"`);
  return rows.map((row) => ({
    unit: String(row.unit),
    epoch: BigInt(String(row.epoch)),
    process: textOf(row.name),
  }));
}
