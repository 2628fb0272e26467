import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { run } from '../../src/flow/testing/fixture.ts';
import { atSource, begun, create, inModel, type Row } from './rows.ts';
import { world } from './world.ts';

/** Each row of docs/schema-changes.md, with a store and replicas on PostgreSQL and DuckDB, history, deltas and views. */
async function carriedOut({ deed }: Row): Promise<void> {
  const one = await world(create);
  expect(await one.apply(begun)).toEqual([]);
  expect(await one.move(begun)).toEqual([]);
  await run(one.source, 'update items set size = 11 where id = 1');
  expect(await one.move(begun)).toEqual([]);
  expect(await one.versions(begun)).toEqual(['1|10|one|1|2', '1|11|one|2|-', '2|20|two|1|-']);
  await deed(one);
}

describe('at the source', () => {
  test.each(atSource.map((row) => [row.change, row] as const))('%s', (_, row) => carriedOut(row), 120_000);
});

describe('in the model', () => {
  test.each(inModel.map((row) => [row.change, row] as const))('%s', (_, row) => carriedOut(row), 120_000);
});

const page = fileURLToPath(new URL('../../docs/schema-changes.md', import.meta.url));

test('the page has these rows (refresh it: npx vitest run test/schema-changes -u)', async () => {
  const tableOf = (rows: readonly Row[]) =>
    ['| change | what happens |', '|---|---|', ...rows.map(({ change, happens }) => `| ${change} | ${happens} |`)].join(
      '\n',
    );
  const text = readFileSync(page, 'utf8')
    .replace(
      /(<!-- at the source -->\n).*?(<!-- end -->)/s,
      (_, begin, end) => `${begin}\n${tableOf(atSource)}\n\n${end}`,
    )
    .replace(
      /(<!-- in the model -->\n).*?(<!-- end -->)/s,
      (_, begin, end) => `${begin}\n${tableOf(inModel)}\n\n${end}`,
    );
  await expect(text).toMatchFileSnapshot(page);
});
