import { dataset } from '../../src/flow/testing/fixture.ts';
import type { Setting } from './setting.ts';
import { type Shape, shaped, transactions } from './shape.ts';
import type { Verdict } from './turns.ts';

/** Rows of each table, and of one transaction in it. */
const each = 400;
const together = 10;

/** Many tables of one source in one stream, each with a few rows; their changes come table by table in small transactions. */
export function tables(setting: Setting): Promise<readonly Verdict[]> {
  return shaped('tables', setting, [shapeOf(Math.ceil(setting.size.tables / 4)), shapeOf(setting.size.tables)]);
}

function shapeOf(count: number): Shape {
  const names = Array.from({ length: count }, (_, i) => `t${String(i).padStart(4, '0')}`);
  return {
    datasets: names.map((name) =>
      dataset(name, ['id'], { id: 'int32', amount: 'int64', note: 'text?' }, { keepsDelta: false }),
    ),
    made: names.map(
      (name) =>
        `create table public.${name} (id integer primary key, amount bigint not null, note text);
        insert into public.${name} select g, g * 7919, 'note ' || g from generate_series(1, ${each}) g`,
    ),
    rows: count * each,
    changed: [
      transactions(
        (count * each) / together,
        `execute format('update public.%I set amount = amount + 1 where id > %s and id <= %s',
          't' || lpad((i % ${count})::text, 4, '0'), i / ${count} * ${together}, (i / ${count} + 1) * ${together})`,
      ),
    ],
    changes: count * each,
  };
}
