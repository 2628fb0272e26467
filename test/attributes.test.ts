import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { nouns } from './attributes/rows.ts';

const source = (file: string) => new URL(`../src/${file}`, import.meta.url);
const page = fileURLToPath(new URL('../docs/attributes.md', import.meta.url));

/** Types of the model that authors fill in; the others hold them together. */
const isOfAuthors = (type: string) => !['Model', 'Places', 'Priority'].includes(type);
/** What is refused while loading has no reader after it. */
const judgedByLoading = new Set(['Mesh.language']);
const rows = nouns.flatMap(({ noun, owner, rows: of }) =>
  Object.entries(of).map(([attribute, row]) => ({ attribute: `${noun}.${attribute}`, owner, ...row })),
);

test('every attribute of the model has a row, and every row an attribute', async () => {
  const declared = attributesIn(await readFile(source('model/model.ts'), 'utf8'));
  expect(declared).toContain('Datastore.promises.freshness');
  expect(rows.map(({ attribute }) => attribute).sort()).toEqual(declared.sort());
});

test('every attribute is read by the file that its row names, outside of the rooms that only hand it on', async () => {
  const room = await readdir(source('model/'));
  const files = room.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  const model = (await Promise.all(files.map((file) => readFile(source(`model/${file}`), 'utf8')))).map(code);
  const wrong: string[] = [];
  for (const { attribute, reader, by } of rows) {
    if (judgedByLoading.has(attribute)) continue;
    const name = attribute.split('.').at(-1) ?? '';
    const text = code(await readFile(source(reader), 'utf8'));
    const isRead =
      by === undefined
        ? reads(text, name)
        : text.includes(`${by}(`) && model.some((each) => reads(functionIn(each, by), name));
    if (!isRead || /^(model|language|load)\//.test(reader)) wrong.push(`${attribute} by ${reader}`);
  }
  expect(wrong).toEqual([]);
});

test('the way of looking tells a reader from a mention', () => {
  for (const text of ['a.grade', 'a?.grade', 'const { grade } = a', 'f({ at, grade = 1 }) {', '({ grade: g }) => g'])
    expect(reads(text, 'grade')).toBe(true);
  for (const text of ["'a.grade'", 'upgrade', 'a.grades', 'return { grade: 1 };', '`grade` b'])
    expect(reads(code(text), 'grade')).toBe(false);
});

test('the table is whole (refresh it: npx vitest run test/attributes.test.ts -u)', async () => {
  const lines = rows.map(
    ({ attribute, owner, because, reader }) =>
      `| \`${attribute}\` | ${owner} | ${because} | [${reader}](../src/${reader}) |`,
  );
  const text = [
    '# Every attribute, and what happens because of it',
    '',
    'If the model has a word, something runs or blocks because of it, or a person is shown it. The names are those of the',
    '[types](../src/model/model.ts); *owner* is whose word it is; a name in `code` among the reasons is a [rule](rules/README.md).',
    'Written by `npx vitest run test/attributes.test.ts -u`; the test fails where an attribute has no row, or no reader.',
    '',
    '| attribute | owner | what runs or blocks because of it | where |',
    '|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
  await expect(text).toMatchFileSnapshot(page);
});

/** `Noun.attribute` for every member of every exported type, `Noun.attribute.member` for those written inside. */
function attributesIn(text: string): string[] {
  const types = code(text).matchAll(/^export type (\w+) = (\{[^\n]*\}|\{.*?^\});$/gms);
  return [...types].flatMap(([, type = '', body = '']) => {
    if (!isOfAuthors(type)) return [];
    const found: string[] = [];
    const around: string[] = [];
    let last = type;
    for (const [token, name] of body.matchAll(/readonly (\w+)\??:|\{|\}/g)) {
      if (token === '{') around.push(last);
      else if (token === '}') around.pop();
      else {
        last = `${around.at(-1)}.${name}`;
        found.push(last);
      }
    }
    return found;
  });
}

/** Is a property of this name taken from something: `.name`, or a pattern `{ name }` on the left of `=`, `)` or ` of`? */
function reads(text: string, name: string): boolean {
  if (new RegExp(`\\.${name}\\b`).test(text)) return true;
  const patterns = text.matchAll(/\{([^{}]*)\}(?=(?:: [\w<>[\], ]+)?(?:\)|\]\)| = | of |, \w+[,)]|,))/g);
  return [...patterns].some(([, inside = '']) => new RegExp(`(?:^|,)\\s*${name}\\s*(?:[:,=]|$)`).test(inside));
}

/** The text of a function of the file, up to the next exported one; empty where it is not there. */
function functionIn(text: string, name: string): string {
  return new RegExp(`export function ${name}\\b.*?(?=\\nexport |$)`, 's').exec(text)?.[0] ?? '';
}

/** The text less comments and the texts in quotes. */
function code(text: string): string {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/'[^'\n]*'/g, "''");
}
