import type { Connection } from '../../src/engine/connection.ts';
import { run } from '../../src/flow/testing/fixture.ts';
import { drains } from './drain.ts';
import { columns, rows } from './orders.ts';
import type { Setting } from './setting.ts';
import { transactions } from './shape.ts';
import { judge, type Verdict } from './turns.ts';

/**
 * Many transactions of one row each, six updates to two inserts and two deletes, drained from the log: every one is a step
 * of the stream with a number and an instant of its own.
 */
export async function oneRow(setting: Setting): Promise<readonly Verdict[]> {
  const { changed, times, peak } = await drains(setting, (from) =>
    change(from, setting.size.rows, setting.size.single),
  );
  const floor = times('floor');
  return [
    judge('one-row live', changed, { floor, ours: times('live') }, { is: 'at least', ratio: null }, peak),
    judge('one-row split', changed, { floor, ours: times('split') }, { is: 'at least', ratio: null }, peak),
  ];
}

async function change(from: Connection, count: number, wanted: number): Promise<number> {
  await run(from, 'set synchronous_commit = off');
  // Deleted are the first rows, updated others than these: each transaction changes one row.
  const deletes = Math.ceil(wanted / 10);
  await run(
    from,
    transactions(
      deletes * 10,
      `case
        when i % 10 < 6 then
          update public.orders set total = total + 1
            where id = 1 + 2 * ${deletes} + i * 48271::bigint % (${count} - 2 * ${deletes});
        when i % 10 < 8 then
          insert into public.orders select id + ${count}, ${columns.replace('id, ', '')}
            from (${rows(1, 1).replace('generate_series(1::bigint, 1::bigint) g', '(select (i + 1)::bigint as g) g')}) r(${columns});
        else
          delete from public.orders where id = 1 + i / 10 * 2 + i % 2;
      end case`,
    ),
  );
  return deletes * 10;
}
