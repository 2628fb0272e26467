import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { connect } from '../src/engines/postgres/connection.ts';
import { testServer } from '../src/engines/postgres/testing/server.ts';
import { sql, words } from '../src/sql/sql.ts';
import { documentOf } from './support/documents.ts';
import { freehold } from './support/freehold.ts';

const root = mkdtempSync(join(tmpdir(), 'freehold-reads-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

test('streams that are read: what is held goes once when an operator says so, and each says what it cannot see', async () => {
  const server = await testServer();
  const [shop, store, ledger] = [
    await server.createDatabase('shop'),
    await server.createDatabase('store'),
    await server.createDatabase('ledger'),
  ];
  const { host, port, user, password } = server.access(shop).fields;
  const container = (database: string, secret: string) =>
    `postgres({ host: '${host}', port: ${port}, database: '${database}', user: '${user}', password: secret('${secret}') })`;
  write('.freehold/secrets/reader', String(password));
  write('.freehold/secrets/writer', String(password));
  for (const secret of ['reader', 'writer']) chmodSync(join(root, '.freehold/secrets', secret), 0o600);
  write(
    'model.ts',
    `import { approvers, datastore, environment, group, int32, mesh, postgres, secret, snapshot, table, text, timestamptz, user, watermark, workspace, zone } from 'freehold';
const owner = approvers([user(1)]);
export default mesh('acme', { language: 1, owner, zones: { retail: owner }, environments: { local: owner } });
export const retail = zone('retail', { teams: { sales: { owner } } });
export const stock = datastore('retail/sales/stock', {
  source: 'shop', changes: snapshot({ compare: 'checksum', maxDeleted: '10%' }),
  datasets: { items: table({ key: ['id'] }, { id: int32(), name: text() }) },
});
export const orders = datastore('retail/sales/orders', {
  source: 'shop', changes: watermark('at', { sweep: '1h' }),
  datasets: { orders: table({ key: ['id'] }, { id: int32(), note: text().nullable(), at: timestamptz() }) },
});
export const desk = workspace('retail/sales/desk', {
  groups: { all: group({ history: 'full', read: ['retail/sales/stock.*', 'retail/sales/orders.*'] }) },
});
export const local = environment('local', {
  ledger: ${container(ledger, 'writer')},
  connections: { shop: ${container(shop, 'reader')} },
  stores: { main: ${container(store, 'writer')} },
});
`,
  );
  await using source = await connect(server.access(shop), 'test');
  await source.execute(
    words(`create table public.items (id integer primary key, name text not null);
      insert into public.items select n, 'item ' || n from generate_series(1, 5000) n;
      create table public.orders (id integer primary key, note text, at timestamptz not null);
      insert into public.orders select n, null, now() - n * interval '1 minute' from generate_series(1, 100) n`),
  );
  const ran = async (status: number, ...words_: string[]) => {
    const found = await freehold([...words_, '--json'], root);
    expect(found.status, `${words_.join(' ')}\n${found.err}\n${found.out}`).toBe(status);
    return found;
  };
  expect(documentOf(await ran(0, 'run', '--once'), 'run').rows).toEqual({
    'stream:retail/sales/orders': 100,
    'stream:retail/sales/stock': 5000,
  });
  const explained = JSON.stringify(documentOf(await ran(0, 'explain', 'retail/sales/orders'), 'explain').reasons);
  expect(explained).toContain(
    'What a row was between two reads is not seen, nor a change that does not make its watermark greater.',
  );
  expect(explained).toContain('Deletes are seen when all keys are compared, at most every 1h');
  expect(documentOf(await ran(0, 'release', 'retail/sales/stock'), 'release').held).toEqual([]);

  await source.execute(
    words(`delete from public.items where id > 4000; update public.items set name = 'other' where id = 1;
      insert into public.orders values (101, 'new', now()); delete from public.orders where id = 1`),
  );
  expect(documentOf(await ran(0, 'run', '--once'), 'run').rows).toEqual({ 'stream:retail/sales/orders': 1 });
  const { streams } = documentOf(await ran(0, 'status'), 'status');
  expect(streams).toMatchObject([
    { address: 'retail/sales/orders', findings: [] },
    { address: 'retail/sales/stock', state: 'parked', findings: [{ rule: 'mass-delete-held' }] },
  ]);
  const held = { address: 'retail/sales/stock.items', rowsHere: 5000, rowsGone: 1000 };
  const dry = documentOf(await ran(0, 'release', 'retail/sales/stock'), 'release');
  expect(dry).toMatchObject({ stream: 'retail/sales/stock', held: [{ ...held, released: false }] });
  expect(documentOf(await ran(0, 'run', '--once'), 'run').rows).toEqual({ 'stream:retail/sales/orders': 0 });
  expect(documentOf(await ran(0, 'release', 'retail/sales/stock.items', '--yes'), 'release')).toMatchObject({
    held: [{ ...held, released: true }],
  });
  expect(documentOf(await ran(0, 'run', '--once'), 'run').rows).toEqual({
    'stream:retail/sales/orders': 0,
    'stream:retail/sales/stock': 1001,
  });
  expect(documentOf(await ran(0, 'release', 'retail/sales/stock'), 'release').held).toEqual([]);
  expect((await ran(2, 'release', 'retail/sales/nothing')).out).toContain(
    'Streams there: retail/sales/orders, retail/sales/stock',
  );
  await using log = await connect(server.access(ledger), 'test');
  expect(await log.query(sql`select verb, object from freehold_ledger.audit where verb = 'release'`)).toEqual([
    { verb: 'release', object: 'retail/sales/stock.items' },
  ]);
}, 600_000);
