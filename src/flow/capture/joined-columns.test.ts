import { expect, test } from 'vitest';
import { sql } from '../../sql/sql.ts';
import { ensureTables } from '../tables.ts';
import { catchUp, database, streamOf } from '../testing/capturing.ts';
import { dataset, run, tablesOf } from '../testing/fixture.ts';

const kept = { keepsDelta: false } as const;
const before = dataset('a', ['id'], { id: 'int32', name: 'text?' }, kept);
const after = dataset('a', ['id'], { id: 'int32', name: 'text?', size: 'int32?' }, kept);
const plain = streamOf('retail/sales/a', [before]);
const wider = streamOf('retail/sales/a', [after]);

async function arrange() {
  const source = await database(
    'src',
    "create table a (id int primary key, name text); insert into a values (1, 'one'), (2, 'two'), (3, 'three')",
  );
  const store = await database('store');
  await catchUp(source, store, [plain]);
  return { source, store };
}

test('a column that joins gets the values of the source as one correction, and no version of before is lost', async () => {
  const { source, store } = await arrange();
  await run(source.session, "update a set name = 'uno' where id = 1");
  await run(source.session, "update a set name = 'eins' where id = 1");
  await run(source.session, 'alter table a add column size int default 5');
  await run(source.session, "insert into a values (4, 'four', 44)");
  await run(source.session, 'update a set size = 22 where id = 2');
  await ensureTables(store.session, [after]);
  await catchUp(source, store, [wider]);
  await run(source.session, 'update a set size = 33 where id = 3');
  await catchUp(source, store, [wider]);
  const { current, history } = await tablesOf(store.session, after);
  expect(current).toEqual(['1|eins|5|6', '2|two|22|6', '3|three|33|7', '4|four|44|6']);
  expect(history).toEqual([
    '1|eins|~|3|6',
    '1|one|~|1|2',
    '1|uno|~|2|3',
    '2|two|~|1|6',
    '3|three|5|6|7',
    '3|three|~|1|6',
    '4|four|~|4|6',
  ]);
  expect(await store.session.query(sql`select address from freehold.fh_unread`)).toEqual([]);
});

test('rows from before a column with a default have it at once, and make no versions where the source agrees', async () => {
  const { source, store } = await arrange();
  await run(source.session, "update a set name = 'uno' where id = 1; alter table a add column size int default 5");
  const size = dataset('a', ['id'], { id: 'int32', name: 'text?', size: 'int32?' }, kept);
  const withDefault = {
    ...size,
    columns: size.columns.map((column) => (column.name === 'size' ? { ...column, absent: '5' } : column)),
  };
  await ensureTables(store.session, [withDefault]);
  await catchUp(source, store, [streamOf('retail/sales/a', [withDefault])]);
  expect(await tablesOf(store.session, after)).toEqual({
    current: ['1|uno|5|2', '2|two|5|1', '3|three|5|1'],
    history: ['1|one|~|1|2'],
    delta: [],
  });
});

test('an older plan that goes on meanwhile does not take the new column for read', async () => {
  const { source, store } = await arrange();
  await run(source.session, 'alter table a add column size int default 5');
  await ensureTables(store.session, [after]);
  await catchUp(source, store, [plain]);
  expect(await store.session.query(sql`select column_name as of from freehold.fh_unread`)).toEqual([{ of: 'size' }]);
  await catchUp(source, store, [wider]);
  expect((await tablesOf(store.session, after)).current).toEqual(['1|one|5|2', '2|two|5|2', '3|three|5|2']);
});

test.each(['opened', 'taken over', 'merged', 'mended'])(
  'a start that is cut when it is %s is done by the next',
  async (at) => {
    const { source, store } = await arrange();
    await run(source.session, "update a set name = 'uno' where id = 1; alter table a add column size int default 5");
    await ensureTables(store.session, [after]);
    const cut = catchUp(source, store, [wider], {
      hook: async (step) => {
        if (step === at) throw new Error(`cut at ${at}`);
      },
    });
    await expect(cut).rejects.toThrow(`cut at ${at}`);
    await catchUp(source, store, [wider]);
    expect((await tablesOf(store.session, after)).current).toEqual(['1|uno|5|3', '2|two|5|3', '3|three|5|3']);
  },
);
