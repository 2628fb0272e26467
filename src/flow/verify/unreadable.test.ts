import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { EngineError } from '../../engine/connection.ts';
import { capture } from '../../engines/postgres/capture.ts';
import { connect } from '../../engines/postgres/connection.ts';
import { testServer } from '../../engines/postgres/testing/server.ts';
import { recordLoaded } from '../bookkeeping.ts';
import { dataset, openStream, run } from '../testing/fixture.ts';
import { verifyDataset } from './verify.ts';

const of = dataset('items', ['id'], { id: 'int32', note: 'text?' });
const stream = 'retail/sales/shop';

async function arrange() {
  const server = await testServer();
  const [sourceAt, storeAt] = [await server.createDatabase('source'), await server.createDatabase('store')];
  const source = await connect(server.access(sourceAt), 'test');
  const store = await connect(server.access(storeAt), 'test');
  const reader = `reader_${sourceAt}`;
  onTestFinished(async () => {
    await run(source, `drop owned by "${reader}"; drop role "${reader}"`);
    await source[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });
  await run(
    source,
    `create table public.items (id int primary key, note text); insert into public.items values (1, 'one');
    create role "${reader}" login password 'secret'; grant select on public.items to "${reader}"`,
  );
  const loaded = await openStream(store, [of]);
  await run(
    store,
    `insert into retail__sales__shop.items values (1, 'one'); update freehold.fh_checkpoint set ordinal = 1`,
  );
  await recordLoaded(store, loaded.stream, of.address, { completeFrom: 1n, position: null, deltaFrom: 1n });
  const access = server.access(sourceAt);
  const asReader = { ...access, fields: { ...access.fields, user: reader, password: 'secret' } };
  return {
    source,
    store,
    reader,
    verify: (storeDatabase = storeAt) =>
      verifyDataset({
        stream,
        mode: 'cdc',
        dataset: of,
        source: { connect: () => connect(asReader, 'test'), capture },
        store: { connect: () => connect(server.access(storeDatabase), 'test') },
        replicas: [],
        catchUp: null,
        clock: systemClock,
      }),
  };
}

test.each([
  ['a table that was dropped', 'drop table public.items', 'source-table-missing', "table 'public.items' of dataset"],
  ['a permission that is missing', 'revoke select on public.items from "<reader>"', 'source-grant', 'may not read'],
  [
    'a column that is missing',
    'alter table public.items drop column note',
    'source-column-missing',
    "no column 'note'",
  ],
  [
    'a type that does not fit',
    "alter table public.items alter column id type text using 'no. ' || id",
    'source-type-changed',
    'the model says int32',
  ],
])('at the source, %s is a finding', async (_, statement, rule, message) => {
  const all = await arrange();
  expect(await all.verify()).toMatchObject({ differences: 0, source: { rows: 1 }, findings: [] });
  await run(all.source, statement.replace('<reader>', all.reader));
  const { findings, differences } = await all.verify();
  expect(differences).toBe(0);
  expect(findings).toMatchObject([{ rule, severity: 'error' }]);
  expect(findings[0]?.message).toContain(message);
});

test.each([
  ['a table', 'drop table retail__sales__shop.items__history', "The versions of 'retail/sales/shop.items' in store"],
  [
    'a column',
    'alter table retail__sales__shop.items drop column note',
    "'retail/sales/shop.items' could not be compared between source and store",
  ],
  [
    'a type',
    'alter table retail__sales__shop.items alter column id type text',
    "The versions of 'retail/sales/shop.items' in store could not be compared",
  ],
])(
  'in the store, %s that is missing or other is a finding, and the rest is compared',
  async (_, statement, message) => {
    const all = await arrange();
    await run(all.store, statement);
    const { findings } = await all.verify();
    expect(findings.length).toBeGreaterThan(0);
    for (const { rule, severity } of findings) expect([rule, severity]).toEqual(['verify-unreadable', 'error']);
    expect(findings[0]?.message).toContain(message);
  },
);

test('a database that is not there is no finding of a dataset: it fails', async () => {
  const all = await arrange();
  await expect(all.verify('no_such_database')).rejects.toThrow(EngineError);
});
