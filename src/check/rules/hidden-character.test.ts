import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const found_ = (parts: Parameters<typeof testModel>[0]) =>
  found(testModel(parts)).filter((line) => line.includes('hidden-character'));

test('what hides in a name or a text, at any depth, is found where it stands and shown as an escape', () => {
  expect(found_({ reporting: { readers: ['group:bi\u200b'] } })).toEqual([
    "error hidden-character retail/insight/reporting: 'group:bi\\u200b' holds the character U+200B, which nobody sees: it would read as something that it is not.",
  ]);
  expect(found_({ columns: { id: { type: { kind: 'text' }, doc: 'a\u202eb' } } })).toEqual([
    "error hidden-character retail/sales/orders.customers#id: 'a\\u202eb' holds the character U+202E, which nobody sees: it would read as something that it is not.",
  ]);
  expect(found_({ customers: { from: 'public.a\u00adb' } })).toHaveLength(1);
  expect(found_({ insight: { contact: { 'ch\u2060at': '#x' } } })).toHaveLength(1);
  expect(found_({ mesh: { vendors: { 'own\u0007': ['eu'] } } })).toHaveLength(1);
});

test('text for people may have lines, accents and signs', () => {
  const doc = 'Grüße,\n\tnaïve \u{1f468}\u200d\u{1f469} « ok » \u05e9\u05dc\u05d5\u05dd';
  expect(found_({ orders: { doc }, columns: { id: { type: { kind: 'text' }, doc } } })).toEqual([]);
});

test('a name begins and ends with no blank, but for what a source calls its things', () => {
  expect(found_({ reporting: { readers: ['group:bi '] } })).toEqual([
    "error hidden-character retail/insight/reporting: 'group:bi ' begins or ends with a blank, so it is another name than the one that people read.",
  ]);
  expect(found_({ columns: { id: { type: { kind: 'text' }, from: 'Id ' } } })).toEqual([]);
  expect(found_({ reporting: { readers: ['\u00a0group:bi'] } })).toHaveLength(1);
});

test('quotes and backslashes are plain', () => {
  expect(found_({ orders: { doc: '"quoted" \\ and \'so\'' } })).toEqual([]);
});
