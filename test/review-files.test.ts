import { describe, expect, test } from 'vitest';
import { type Edits, testRepository, withoutGit } from '../src/git/testing/repository.ts';
import { company } from './support/company.ts';
import { reviewed } from './support/reviewed.ts';

const marketing = 'github.com/acme/marketing';

const text = (word: string) => `import { workspace } from 'freehold';
export default workspace('retail/marketing/${word}', { groups: {} });
`;

describe.skipIf(withoutGit !== null)('whose a file is, is asked before a change and after it', () => {
  const source = testRepository();
  const base = source.commit({
    ...company('github.com'),
    'tools/days.ts': 'export const days = 3;\n',
    'retail/marketing/mine.ts': text('mine'),
    'old.consent.json': '{}',
  });
  let branches = 0;
  const found = async (...edits: readonly Edits[]) => {
    const name = `proposal-${++branches}`;
    source.branch(name, base, ...edits);
    const { document } = await reviewed({ base: 'main', head: name, origin: [marketing], dir: source.root });
    return document?.findings
      .filter(({ severity }) => severity === 'error')
      .map(({ rule, message, help }) => `${rule}: ${message} ${help}`);
  };

  test("an object that is written into another's file does not take it over", async () => {
    expect(await found({ 'tools/days.ts': `${text('days')}export const days = 30;\n` })).toEqual([
      "unowned-file: 'tools/days.ts' is changed and no object of the model was made from it before, so it belongs to the mesh (approvers user 11); this change is from github.com acme/marketing. Leave it as it is, use another file, or ask user 11 to approve its head commit.",
    ]);
  });

  test('a file whose objects are taken out is not left behind', async () => {
    expect(await found({ 'retail/marketing/mine.ts': 'export const days = 30;\n' })).toEqual([
      "unowned-file: 'retail/marketing/mine.ts' is changed and no object of the model is made from it any more, so it belongs to the mesh (approvers user 11); this change is from github.com acme/marketing. Remove it, or ask user 11 to approve its head commit.",
    ]);
    expect(await found({ 'retail/marketing/mine.ts': null })).toEqual([]);
  });

  test('an old finding about a file keeps no change of others from being made', async () => {
    source.branch('theirs', base, { 'retail/marketing/more.ts': text('more') });
    const { document, status } = await reviewed({
      base: 'main',
      head: 'theirs',
      origin: [marketing],
      dir: source.root,
    });
    expect([status, document?.inherited.map(({ rule, at }) => `${rule} ${at?.file}`)]).toEqual([
      0,
      ['bad-consent-file old.consent.json', 'nothing-inside retail/marketing/mine.ts', 'nothing-defined tools/days.ts'],
    ]);
  });
});
