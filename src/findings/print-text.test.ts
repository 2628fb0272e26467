import { describe, expect, test } from 'vitest';
import { finding } from './make.ts';
import { printText } from './print-text.ts';

const file = [
  "export default datastore('retail/sales/orders', {",
  '  datasets: {',
  "\torders: table({ key: ['idd'], columns: {} }),",
];
const source = (name: string) => (name === 'retail/orders.ts' ? file.join('\n') : null);
const plain = { color: false };

const unknownKey = finding({
  rule: 'unknown-key-column',
  address: 'retail/sales/orders.orders',
  message: "the key of dataset 'orders' names a column 'idd' that it does not have.",
  help: "Name one of its columns. Did you mean 'id'?",
  at: { file: 'retail/orders.ts', line: 3, column: 10 },
  related: [{ message: "column 'id' stands here", at: { file: 'retail/orders.ts', line: 4, column: 5 } }],
  owner: 'github acme/sales-data',
});

describe('printText', () => {
  test('a finding is shown with its line, a caret, what to do, the other place and the owner', () => {
    expect(printText([unknownKey], source, plain)).toBe(
      [
        "error unknown-key-column  the key of dataset 'orders' names a column 'idd' that it does not have.",
        '  --> retail/orders.ts:3:10',
        "3 |   orders: table({ key: ['idd'], columns: {} }),",
        '  |           ^',
        "  help: Name one of its columns. Did you mean 'id'?",
        "  see: column 'id' stands here (retail/orders.ts:4:5)",
        '  about: retail/sales/orders.orders',
        '  owner: github acme/sales-data',
        '',
        '1 error, 0 warnings',
        '',
      ].join('\n'),
    );
  });

  test('a finding whose file or line is gone is shown without a frame', () => {
    const gone = finding({ rule: 'r', message: 'm', help: 'h', at: { file: 'other.ts', line: 9, column: 1 } });
    expect(printText([gone], source, plain)).toBe('error r  m\n  --> other.ts:9:1\n  help: h\n\n1 error, 0 warnings\n');
  });

  test('nothing found is said in so many words', () => {
    expect(printText([], source, plain)).toBe('no findings\n');
  });

  test('hostile text steers no terminal: it is shown as escapes, on its own line', () => {
    const hostile = 'a\u001b[2Jb\r\n::error::c\u202ed\u200be\u0000f\u2028g\ud800h';
    const text = printText(
      [finding({ rule: 'r', message: hostile, help: hostile, at: { file: `${hostile}.ts`, line: 1, column: 2 } })],
      () => `${hostile}\nsecond`,
      plain,
    );
    const safe = 'a\\u001b[2Jb\\r\\n::error::c\\u202ed\\u200be\\u0000f\\u2028g\\ud800h';
    expect(text).toBe(
      [
        `error r  ${safe}`,
        `  --> ${safe}.ts:1:2`,
        '1 | a\\u001b[2Jb',
        '  |  ^',
        `  help: ${safe}`,
        '',
        '1 error, 0 warnings',
        '',
      ].join('\n'),
    );
  });

  test('a line of a million characters is cut around the caret', () => {
    const at = { file: 'long.ts', line: 1, column: 500_001 };
    const line = `${'a'.repeat(500_000)}X${'b'.repeat(500_000)}`;
    const lines = printText([finding({ rule: 'r', message: 'm', help: 'h', at })], () => line, plain).split('\n');
    expect(lines[2]).toBe(`1 | …${'a'.repeat(60)}X${'b'.repeat(59)}…`);
    expect(lines[3]).toBe(`  | ${' '.repeat(61)}^`);
  });

  test('the caret stands under its character after wide ones', () => {
    const at = { file: 'wide.ts', line: 1, column: 4 };
    const lines = printText([finding({ rule: 'r', message: 'm', help: 'h', at })], () => '注文 x', plain).split('\n');
    expect(lines.slice(2, 4)).toEqual(['1 | 注文 x', '  |      ^']);
  });

  test('200 findings are shown, and the rest are counted', () => {
    const many = Array.from({ length: 203 }, (_, i) =>
      finding({ rule: 'r', severity: 'warning', message: `m${i}`, help: 'h' }),
    );
    const text = printText(many, source, plain);
    expect(text.match(/^warning r/gm)).toHaveLength(200);
    expect(text).toContain('3 more findings are not shown; --json has all.\n\n0 errors, 203 warnings\n');
  });

  test('colour comes only when asked for', () => {
    expect(printText([unknownKey], source, plain)).not.toContain('\u001b');
    expect(printText([unknownKey], source, { color: true })).toContain('\u001b[31merror\u001b[39m');
  });
});
