import { afterAll, expect, test } from 'vitest';
import { capture } from '../../engines/postgres/capture.ts';
import type { StreamNode } from '../../plan/plan.ts';
import { type Checkpoint, takeOver } from '../checkpoint.ts';
import { ensureTables } from '../tables.ts';
import { dataset, freshStore, run, tablesOf } from '../testing/fixture.ts';
import { streamNode } from '../testing/nodes.ts';
import { random } from '../testing/reference.ts';
import { isQuiet, nothingRemembered } from './quiet.ts';
import { readSnapshot } from './snapshot.ts';

const open: AsyncDisposable[] = [];
afterAll(async () => {
  for (const one of open) await one[Symbol.asyncDispose]();
});

const values = {
  n: ['null', '1.0', '1.00', "'NaN'", '-7'],
  f: ['null', '0', "'-0'", "'NaN'", '0.1'],
  j: ['null', `'{"a": 1.0}'`, `'{"a": 1.00}'`, `'{ "a" : 1.0 }'`, `'[]'`],
  v: ['null', "'1 mon'", "'30 days'", "'-2 h'"],
  c: ['null', "'x'", "'x  '", "''"],
  t: ['null', "''", "'|'", "'a||n|'", "'ä'"],
  at: ['null', "'infinity'", "'2026-01-01 00:00+00'", "'2026-01-01 01:00+01'"],
  a: ['null', "'{}'", "'{1,null}'"],
};
const types = {
  n: 'decimal?',
  f: 'float64?',
  j: 'json?',
  v: 'interval?',
  c: 'char(4)?',
  t: 'text?',
  at: 'timestamptz?',
  a: 'array(int32)?',
};
const physical = 'n numeric, f float8, j json, v interval, c char(4), t text, at timestamptz, a integer[]';

const byNumber = dataset('by_number', ['id'], { id: 'int32', ...types });
const byText = dataset('by_text', ['part', 'id'], { part: 'text', id: 'int32', ...types });
const log = dataset('log', [], { id: 'int32', ...types });

function nodeOf(compare: 'rows' | 'checksum'): StreamNode {
  return streamNode([byNumber, byText, log], {
    mode: 'snapshot',
    reading: { kind: 'snapshot', maxDeleted: 1, compare },
  });
}

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 2 ** 31));

test(`reads by checksum, in two lanes, and reads that ask first whether anything changed, make the versions of plain ones (seed ${seed}, FREEHOLD_SEED)`, async () => {
  const rnd = random(seed);
  const below = (n: number) => Math.floor(rnd() * n);
  const source = await freshStore('source');
  open.push(source);
  await run(
    source,
    `create table public.by_number (id integer primary key, ${physical});
     create table public.by_text (part text, id integer, ${physical}, primary key (part, id));
     create table public.log (id integer, ${physical})`,
  );
  const value = (of: keyof typeof values) => values[of][below(values[of].length)] ?? 'null';
  const row = () =>
    [value('n'), value('f'), value('j'), value('v'), value('c'), value('t'), value('at'), value('a')].join(', ');
  const change = (): string => {
    const id = below(60) - 5;
    const part = ["'a'", "'A'", "'ä|'"][below(3)] ?? "''";
    switch (below(8)) {
      case 0:
        return `delete from public.by_number where id = ${id}`;
      case 1:
        return `delete from public.by_text where part = ${part} and id % 3 = ${below(3)}`;
      case 2:
        return `insert into public.log values (${id}, ${row()})`;
      case 3:
      case 4:
        return `insert into public.by_text values (${part}, ${id}, ${row()}) on conflict (part, id) do update set n = excluded.n, j = excluded.j`;
      default:
        return `delete from public.by_number where id = ${id}; insert into public.by_number values (${id}, ${row()})`;
    }
  };

  const readers = [];
  for (const how of ['plain', 'checksum', 'asking', 'lanes'] as const) {
    const store = await freshStore('store');
    open.push(store);
    const node = nodeOf(how === 'checksum' ? 'checksum' : 'rows');
    await ensureTables(store, node.datasets);
    const held: Checkpoint = await takeOver(store, node.stream);
    const memory = how === 'asking' ? nothingRemembered() : null;
    const lanes = { more: { source: source.again, store: store.again }, largeRows: 10 };
    const options = { ...(how === 'lanes' ? lanes : {}), ...(memory === null ? {} : { memory }) };
    readers.push({ store, node, held, memory, options, quiet: 0 });
  }
  for (let round = 0; round < 25; round++) {
    // Nothing changes for three rounds in eight: the third of them is quiet.
    if (round % 8 < 5) for (let i = below(12); i > 0; i--) await run(source, change());
    const at = Date.UTC(2026, 0, 1) + round;
    for (const reader of readers) {
      const { memory, store, node, held, options } = reader;
      if (memory !== null && (await isQuiet(source, memory, at))) reader.quiet++;
      else reader.held = (await readSnapshot(source, capture, store, node, held, at, options)).held;
    }
    const ordinals = readers.map(({ held }) => held.ordinal);
    expect({ round, ordinals: [...new Set(ordinals)] }).toEqual({ round, ordinals: ordinals.slice(0, 1) });
  }
  const [plain, ...others] = await Promise.all(
    readers.map(async ({ store, node }) => Promise.all(node.datasets.map((one) => tablesOf(store, one)))),
  );
  for (const other of others) expect(other).toEqual(plain);
  expect(readers[2]?.quiet).toBeGreaterThan(0);
}, 300_000);
