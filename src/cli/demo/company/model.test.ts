import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { check } from '../../../check/check.ts';
import type { CatalogueTable } from '../../../engine/engine.ts';
import { engineFacts } from '../../../engines/facts.ts';
import { engineNamed } from '../../../engines/index.ts';
import { testServer } from '../../../engines/postgres/testing/server.ts';
import { loadModel } from '../../../load/load.ts';
import { schemaText } from '../../../load/schema/write.ts';
import { sourceTable } from '../../../model/effective.ts';
import { makePlan } from '../../../plan/make.ts';
import { typeText } from '../../../types/text.ts';
import { ensureCompany } from './ensure.ts';

const model = fileURLToPath(new URL('../../../../examples/company', import.meta.url));

let tables: readonly CatalogueTable[];
beforeAll(async () => {
  const server = await testServer();
  const postgres = await engineNamed('postgres');
  await using c = await postgres.connect(server.access(await server.createDatabase('company')), 'test');
  await ensureCompany(c);
  tables = (await postgres.catalogue(c)).tables;
});

// After a change of the company's tables:  npx vitest run src/cli/demo/company/model.test.ts -u
test.each([
  ['retail/shop', ['customers', 'orders', 'order_lines', 'reviews', 'page_views']],
  ['logistics/parcels', ['depots', 'parcels', 'parcel_scans', 'shifts']],
])("%s.schema.yaml is what the company's database generates", async (file, names) => {
  const text = schemaText(
    tables.filter((table) => names.includes(table.name)),
    (table) => table.name,
  );
  await expect(text).toMatchFileSnapshot(`${model}/${file}.schema.yaml`);
});

test('the sample model passes check without a word', async () => {
  const loaded = await loadModel(model);
  expect(loaded.findings).toEqual([]);
  if (loaded.model === null) throw new Error('no model');
  expect(check(loaded.model, engineFacts, { asOfMs: Date.UTC(2026, 2, 1), places: loaded.places })).toEqual([]);
});

test('tables written by hand are as the database has them', async () => {
  const { model: read } = await loadModel(model);
  const datasets = read?.datastores['retail/catalogue/assortment']?.datasets ?? {};
  expect(Object.keys(datasets).sort()).toEqual(['countries', 'products']);
  for (const [name, dataset] of Object.entries(datasets)) {
    const at = sourceTable(name, dataset);
    const found = tables.find((table) => table.schema === at.schema && table.name === at.table);
    expect(dataset.key).toEqual(found?.key);
    expect(
      Object.entries(dataset.columns).map(([column, { type, nullable = false }]) => [column, typeText(type), nullable]),
    ).toEqual(found?.columns.map(({ name: column, type, nullable }) => [column, type && typeText(type), nullable]));
  }
});

test('its groups are served where they should be: the screen by rows, the questions by columns', async () => {
  const { model: read } = await loadModel(model);
  if (read === null) throw new Error('no model');
  const { plan, findings } = makePlan(read, 'local', engineFacts, {});
  expect(findings).toEqual([]);
  expect(
    Object.fromEntries(
      plan?.nodes.flatMap((node) => (node.kind === 'publish' ? [[node.group, node.container]] : [])) ?? [],
    ),
  ).toEqual({
    'insight/steering/cockpit.dashboard': 'replica:rows:0',
    'insight/steering/cockpit.analysis': 'replica:columns:0',
    'insight/steering/cockpit.audit': 'replica:rows:0',
  });
});
