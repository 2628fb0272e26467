import { dataset } from '../../src/flow/testing/fixture.ts';
import type { Setting } from './setting.ts';
import { type Shape, shaped, transactions } from './shape.ts';
import type { Verdict } from './turns.ts';

const kinds = [
  { type: 'int32', made: (i: number) => `(g * ${i} % 100000)::integer` },
  { type: 'decimal(12,2)?', made: (i: number) => `case when g % 7 > 0 then (g * ${i} % 1000000) / 100.0 end` },
  { type: 'text?', made: (i: number) => `case when g % 5 > 0 then 'v' || (g + ${i}) end` },
  { type: 'timestamptz', made: (i: number) => `timestamptz '2026-01-01 00:00+00' + g * interval '${i} second'` },
] as const;

const count = 300;
/** Rows of one transaction at the source. */
const together = 100;

/** A table of 300 columns: the key and 299 of four types. */
export function columns(setting: Setting): Promise<readonly Verdict[]> {
  return shaped('columns', setting, [shapeOf(setting.size.columns / 4), shapeOf(setting.size.columns)]);
}

function shapeOf(wanted: number): Shape {
  const times = Math.ceil(wanted / together);
  const rows = times * together;
  const others = Array.from({ length: count - 1 }, (_, i) => {
    const kind = kinds[i % kinds.length] ?? kinds[0];
    return { name: `c${i + 1}`, type: kind.type, made: kind.made(i + 1) };
  });
  const types = Object.fromEntries(others.map(({ name, type }) => [name, type]));
  const values = others.map(({ name, made }) => `${made} as ${name}`).join(', ');
  return {
    datasets: [dataset('broad', ['id'], { id: 'int64', ...types }, { keepsDelta: false })],
    made: [
      `create table public.broad (id bigint primary key, ${others.map(({ name, type }) => `${name} ${typeIn(type)}`).join(', ')})`,
      `insert into public.broad select g, ${values} from generate_series(1::bigint, ${rows}) g`,
    ],
    rows,
    changed: [
      transactions(
        times,
        `update public.broad set c1 = c1 + 1, c3 = 'changed' where id > i * ${together} and id <= (i + 1) * ${together}`,
      ),
    ],
    changes: rows,
  };
}

function typeIn(type: (typeof kinds)[number]['type']): string {
  const known = { int32: 'integer not null', 'decimal(12,2)?': 'numeric(12,2)', 'text?': 'text' } as const;
  return type === 'timestamptz' ? 'timestamptz not null' : known[type];
}
