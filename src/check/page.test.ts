import { expect, test } from 'vitest';
import { ruleNames, rulePage } from './page.ts';

test('the page of a rule is its text', async () => {
  const page = await rulePage('unknown-team');
  expect(page).toMatchObject({ kind: 'page', rule: 'unknown-team' });
  expect(page.kind === 'page' && page.text).toMatch(/^# Unknown team\n\nRule `unknown-team`, of `check`\.\n/);
});

test('every rule has its page, whichever verb finds it', async () => {
  for (const rule of await ruleNames())
    expect(await rulePage(rule)).toMatchObject({
      kind: 'page',
      text: expect.stringContaining(`\nRule \`${rule}\`, of \``),
    });
});

test('a rule that is not there is asked about by its near name', async () => {
  expect(await rulePage('unknown-tema')).toEqual({
    kind: 'unknown',
    rule: 'unknown-tema',
    help: "There is no rule 'unknown-tema'. Did you mean 'unknown-team'?",
    rules: await ruleNames(),
  });
});

test('a rule is no path', async () => {
  for (const name of ['../../README', 'README', '', 'unknown-team.md', '/etc/passwd'])
    expect(await rulePage(name)).toMatchObject({ kind: 'unknown' });
});
