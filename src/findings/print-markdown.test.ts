import { expect, test } from 'vitest';
import { codeBlock, codeSpan } from './code-span.ts';
import { finding } from './make.ts';
import { printMarkdown } from './print-markdown.ts';
import { readMarkdown } from './testing/markdown.ts';
import { checked, clean, hostileFinding, reviewed, setting, tamed, unknownKey } from './testing/samples.ts';

test('a summary is a table of what is wrong, and of each what to do, folded', () => {
  expect(printMarkdown({ ...checked, findings: [unknownKey] }, setting)).toBe(
    [
      '### freehold check: 1 error, 0 warnings',
      '',
      '| | rule | where | what is wrong | owner |',
      '|---|---|---|---|---|',
      "| error | `unknown-key-column` | `model/retail/orders.ts:3:10` | `the key of dataset 'orders' names a column 'idd' that it does not have.` | `github acme/sales-data` |",
      '',
      '<details open>',
      '<summary>1. What to do</summary>',
      '',
      "`the key of dataset 'orders' names a column 'idd' that it does not have.`",
      '',
      "`Name one of its columns. Did you mean 'id'?`",
      '',
      '```',
      "3 |     orders: table({ key: ['idd'] }),",
      '  |          ^',
      '```',
      '',
      "* see `column 'id' stands here` at `model/retail/orders.ts:4:5`",
      '* see `and somewhere`',
      '* about `retail/sales/orders.orders`',
      `* finding \`${unknownKey.id}\`; \`freehold explain\` \`unknown-key-column\` prints the rule`,
      '',
      '</details>',
      '',
    ].join('\n'),
  );
});

test('what was there before a change is folded apart, with its owner and its age', () => {
  const text = printMarkdown(reviewed, setting);
  expect(text).toContain('<summary>1 finding from before this change, blocking nobody</summary>');
  expect(text).toContain("`dataset 'log' has no key.` | `github acme/sales-data`, since `2026-01-31` |");
  expect(printMarkdown(clean, setting)).toBe('### freehold review: nothing that this change causes\n');
});

test('hostile text stays in code: no link, mention, image, HTML, nor another cell', () => {
  const text = printMarkdown({ verb: 'review', findings: [hostileFinding], inherited: [hostileFinding] }, setting);
  const { code, words, html, kinds, cells } = readMarkdown(text);
  expect(code).toContain(tamed.replaceAll('|', '\\u007c'));
  expect(words).not.toMatch(/octocat|example|@|#1|img/);
  expect(html.join('\n')).not.toMatch(/img/);
  for (const kind of ['link', 'image', 'linkReference', 'imageReference', 'definition', 'footnoteReference'])
    expect(kinds).not.toContain(kind);
  expect(new Set(cells)).toEqual(new Set([5]));
});

test('a comment stays below what GitHub takes, and counts what is left out', () => {
  const many = Array.from({ length: 1000 }, (_, i) =>
    finding({ rule: 'r', message: `${i} ${'é'.repeat(3000)}`, help: 'h'.repeat(3000), address: 'a'.repeat(500) }),
  );
  const text = printMarkdown({ verb: 'review', findings: many, inherited: many }, setting);
  expect(text.length).toBeLessThan(65_536);
  const left = [...text.matchAll(/(\d+) more findings not shown here/g)].map(([, count]) => Number(count));
  const rows = [...text.matchAll(/^\| error /gm)].length;
  expect(rows).toBeGreaterThan(20);
  expect(left.reduce((sum, count) => sum + count, 0) + rows).toBe(2000);
});

test.each(['', ' ', '`', '``', ' a', 'a`', '```', 'a``b`c', '|', '\\', '\\|', 'a\\', '  ', '` `', '\n', '$`x`$'])(
  'a span of %j is one piece of code in a sentence and in a table',
  (text) => {
    const span = codeSpan(text);
    expect(readMarkdown(`a ${span} b`)).toMatchObject({
      words: 'a  b',
      kinds: new Set(['root', 'paragraph', 'text', 'inlineCode']),
    });
    const table = readMarkdown(`| x | y |\n|---|---|\n| ${span} | b |`);
    expect(table).toMatchObject({ words: 'xyb', cells: [2, 2] });
    expect(table.code).toHaveLength(1);
  },
);

test('no line ends a block of code', () => {
  const lines = ['```', '1 | ````', '</details>'];
  expect(readMarkdown(codeBlock(lines))).toMatchObject({ code: [lines.join('\n')], kinds: new Set(['root', 'code']) });
});
