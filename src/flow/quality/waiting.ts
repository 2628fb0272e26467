import { type Connection, EngineError } from '../../engine/connection.ts';
import { list, sql, value } from '../../sql/sql.ts';
import { countWaiting } from './orders.ts';
import { type Quarantined, quarantineNamed, quarantineOf } from './quarantine.ts';

/** The dataset with its quarantine, as the store has it; as it is where it has none, or the store none of its tables yet. */
export async function quarantinedIn<T extends Quarantined>(c: Connection, dataset: T): Promise<T & Quarantined> {
  try {
    const quarantine = await quarantineNamed(c, dataset.address);
    return quarantine === null ? dataset : { ...dataset, quarantine };
  } catch (failure) {
    if (failure instanceof EngineError && failure.kind === 'missing') return dataset;
    throw failure;
  }
}

/** Which of these keys, by their texts, have changes that wait. */
export async function waitingAmong(
  c: Connection,
  dataset: Quarantined,
  keys: readonly string[],
): Promise<ReadonlySet<string>> {
  const { quarantine } = dataset;
  if (quarantine === undefined || keys.length === 0) return new Set();
  const rows = await c.query(sql`select distinct fh_key from ${quarantineOf(dataset)}
    where fh_key in (${list(keys.map((key) => value(key)))})`);
  return new Set(rows.map((row) => String(row.fh_key)));
}

/** How many keys of a dataset have changes that wait. */
export async function waitingIn(c: Connection, dataset: Quarantined): Promise<number> {
  const found = await quarantinedIn(c, dataset);
  return found.quarantine === undefined ? 0 : (await countWaiting(c, found)).keys;
}
