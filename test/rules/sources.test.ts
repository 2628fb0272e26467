import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);

test('every rule that is asked of a real source has a page, and every such page a rule of some engine', () => {
  const rules = new Set<string>();
  for (const engine of ['postgres', 'mysql']) {
    const folder = new URL(`src/engines/${engine}/preflight/`, root);
    const files = readdirSync(folder).filter((file) => !file.endsWith('.test.ts'));
    for (const file of files)
      for (const [, rule = ''] of readFileSync(new URL(file, folder), 'utf8').matchAll(/'(source-[a-z-]+)'/g))
        rules.add(rule);
  }
  const pages = readdirSync(new URL('docs/rules/', root)).filter((page) => page.startsWith('source-'));
  expect(new Set(pages.map((page) => page.replace('.md', '')))).toEqual(rules);
});
