import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { rules } from '../../src/check/rules.ts';
import { emittedRules, readOverview, readPages } from './pages.ts';

const overview = fileURLToPath(new URL('../../docs/rules/README.md', import.meta.url));

test('every rule that is emitted anywhere has a page, and every page a rule', async () => {
  const emitted = [...(await emittedRules())].sort();
  expect((await readPages()).map((page) => page.rule)).toEqual(emitted);
});

test('every rule of check is named like its file', async () => {
  const emitted = await emittedRules();
  for (const { name } of rules) expect(emitted).toContain(name);
});

test('the list of rules is whole (refresh it: npx vitest run test/rules -u)', async () => {
  const { text } = await readOverview();
  const rows = (await readPages()).map(
    ({ rule, summary, foundBy }) => `| [${rule}](${rule}.md) | ${summary} | ${foundBy} |`,
  );
  const list = ['| rule | what it finds | found by |', '|---|---|---|', ...rows].join('\n');
  const fresh = text.replace(/(<!-- list[^\n]*-->\n).*(<!-- end of list -->)/s, (_, begin, end) => {
    return `${begin}\n${list}\n\n${end}`;
  });
  await expect(fresh).toMatchFileSnapshot(overview);
});
