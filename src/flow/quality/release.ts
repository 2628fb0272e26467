import type { Connection } from '../../engine/connection.ts';
import type { StreamNode } from '../../plan/plan.ts';
import { list, name, type Sql, sql, value } from '../../sql/sql.ts';
import { integer } from '../bookkeeping.ts';
import { type Checkpoint, own } from '../checkpoint.ts';
import { guardedMerge, mergeInTransaction } from '../merge/merge.ts';
import { closeStaging, openStaging, type Staging, wholeShape } from '../merge/staging.ts';
import type { KeptTable } from '../tables.ts';
import { fitsColumns, lastWaiting, quarantineOf, waitingValue } from './quarantine.ts';

/** What was done of what operators ordered. */
export type Released = { readonly held: Checkpoint; readonly released: number; readonly dropped: number };

/**
 * Does what operators ordered of changes that wait: what they dropped goes, and of what they released each key becomes
 * what its last change made of it. By the stream's owner, between two batches or reads.
 *
 * One transaction. Before: rows as of `held`, the changes waiting. After: one ordinal more, a correction, with the net
 * effect on each key released, or the same ordinal where none was; the changes are gone from quarantine. Cut: as before.
 * Twice: nothing is ordered any more. What does not fit its columns stays where it is.
 */
export async function doOrders(c: Connection, node: StreamNode, held: Checkpoint): Promise<Released> {
  const ordered: KeptTable[] = [];
  for (const dataset of node.datasets) if (await isOrdered(c, dataset)) ordered.push(dataset);
  if (ordered.length === 0) return { held, released: 0, dropped: 0 };
  const ordinal = held.ordinal + 1n;
  const opened: { readonly dataset: KeptTable; readonly staging: Staging }[] = [];
  let released = 0;
  let dropped = 0;
  try {
    for (const dataset of ordered)
      opened.push({ dataset, staging: await openStaging(c, dataset, wholeShape(c, dataset.columns, 'text')) });
    const staged = opened.map(({ staging }) => ({ staging, hasUnchanged: false }));
    const work = async () => {
      await own(c, held);
      for (const { dataset, staging } of opened) {
        // First: what is ordered from here on is for the next time.
        await c.execute(
          sql`update freehold.fh_quarantine set is_ordered = false where address = ${value(dataset.address)}`,
        );
        dropped += await c.execute(sql`delete from ${quarantineOf(dataset)} where ${isOfOrdered(dataset, 'drop')}`);
        const columns = list(dataset.columns.map((column) => name(column.name)));
        const values = dataset.columns.map(
          (column) => sql`cast(${waitingValue(c, column)} as ${c.types.physical(column.type)})`,
        );
        const rows = await c.execute(sql`insert into ${name(staging.table)} (fh_ordinal, fh_seq, fh_op, ${columns})
          select ${integer(ordinal)}, 1, q.fh_op, ${list(values)}
          from ${lastWaiting(dataset, isOfOrdered(dataset, 'release'))} q where ${fitsColumns(c, dataset)}`);
        released += rows;
        await c.execute(sql`delete from ${quarantineOf(dataset)}
          where fh_key in (select q.fh_key from ${lastWaiting(dataset, isOfOrdered(dataset, 'release'))} q
            where ${fitsColumns(c, dataset)})`);
        // Of what does not fit, so that it is seen to wait.
        await c.execute(
          sql`update ${quarantineOf(dataset)} set fh_order = null, fh_by = null where fh_order is not null`,
        );
      }
      if (released === 0) return held;
      const { position, identity } = held;
      const merged = await mergeInTransaction(c, node.datasets, {
        held,
        to: { ordinal, position, identity },
        // At the clock's last tick: changes of other keys, committed before now, are still to come.
        steps: [{ ordinal, atMs: 0 }],
        staged,
        isReleased: true,
      });
      return merged.held;
    };
    const done = await guardedMerge(c, { held, staged }, () => c.transaction(work));
    return { held: done, released, dropped };
  } finally {
    for (const { staging } of opened) await closeStaging(c, staging);
  }
}

/** Rows of keys that an operator wants gone, or merged; those that came after the order as well. */
function isOfOrdered(dataset: KeptTable, order: 'release' | 'drop'): Sql {
  return sql`fh_key in (select o.fh_key from ${quarantineOf(dataset)} o where o.fh_order = ${value(order)})`;
}

/** Is anything ordered of changes that wait, and not done yet? */
export async function anyOrdered(c: Connection, { datasets }: StreamNode): Promise<boolean> {
  for (const dataset of datasets) if (await isOrdered(c, dataset)) return true;
  return false;
}

async function isOrdered(c: Connection, dataset: KeptTable): Promise<boolean> {
  if (dataset.quarantine === undefined) return false;
  const [row] = await c.query(
    sql`select is_ordered from freehold.fh_quarantine where address = ${value(dataset.address)} and is_ordered`,
  );
  return row !== undefined;
}
