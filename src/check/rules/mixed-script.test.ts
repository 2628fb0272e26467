import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const mixed = (parts: Parameters<typeof testModel>[0]) =>
  found(testModel(parts)).filter((line) => line.includes('mixed-script'));

test('a letter of another alphabet among those that look like it', () => {
  expect(mixed({ reporting: { readers: ['group:b\u0456'] } })).toEqual([
    "error mixed-script retail/insight/reporting: 'group:b\u0456' holds letters of Latin and Cyrillic in one word, 'b\u0456': it looks like another name, and is not the same.",
  ]);
  expect(mixed({ mesh: { classification: { levels: ['public'], labels: { 'p\u03b9i': {} } } } })).toHaveLength(1);
});

test('letters that are drawn otherwise, and accents apart from their letter', () => {
  expect(mixed({ orders: { tags: ['\uff47old'] } })).toEqual([
    "error mixed-script retail/sales/orders: '\uff47old' holds '\uff47old', which is written 'gold' in plain letters: it looks like another name, and is not the same.",
  ]);
  expect(mixed({ orders: { tags: ['cafe\u0301'] } })).toHaveLength(1);
});

test('names in one alphabet each, text for people, and what a source calls its things', () => {
  expect(mixed({ reporting: { readers: ['group:\u0434\u0430\u043d\u043d\u044b\u0435', 'user:andr\u00e9'] } })).toEqual(
    [],
  );
  expect(
    mixed({ orders: { doc: 'mix of latin and \u0430lphabets' }, customers: { from: 'public.t\u0430ble' } }),
  ).toEqual([]);
});
