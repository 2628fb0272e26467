import { describe, expect, test } from 'vitest';
import { publicName, schemaName, tableName } from './names.ts';

describe('physical names', () => {
  test('short parts are joined as they are', () => {
    expect(schemaName(['retail', 'sales', 'orders'], 63)).toBe('retail__sales__orders');
    expect(tableName('customers', 'history', 63)).toBe('customers__history');
    expect(publicName(['reporting', 'dashboard'], 63)).toBe('reporting_dashboard');
  });

  test.each([1, 20, 63, 64, 500])(
    'a name of parts of %i characters fits every limit, and no two parts share it',
    (length) => {
      const a = 'a'.repeat(length);
      for (const limit of [30, 63, 128]) {
        const names = [
          schemaName([a, 'b', 'c'], limit),
          schemaName([a, 'b', 'd'], limit),
          schemaName([`${a}b`, 'b', 'c'], limit),
          publicName([a, 'b'], limit),
          publicName([a, 'c'], limit),
          ...(['history', 'delta', null] as const).map((word) => tableName(a, word, limit)),
          ...(['history', 'delta', null] as const).map((word) => tableName(`${a}x`, word, limit)),
        ];
        expect(names.filter((name) => name.length > limit)).toEqual([]);
        expect(new Set(names).size).toBe(names.length);
      }
    },
  );

  test('parts that hold the separator do not meet parts that are joined by it', () => {
    expect(schemaName(['a__b', 'c', 'd'], 63)).not.toBe(schemaName(['a', 'b__c', 'd'], 63));
    expect(tableName('orders__history', null, 63)).not.toBe(tableName('orders', 'history', 63));
    expect(tableName('orders_', 'history', 63)).not.toBe(tableName('orders___history', null, 63));
  });

  test('a name that an engine keeps for itself is never made', () => {
    expect(publicName(['information', 'schema'], 63)).toMatch(/^fh_information_schema__[0-9a-f]{12}$/);
    expect(schemaName(['pg', 'sales', 'orders'], 63)).toMatch(/^fh_pg__sales__orders__[0-9a-f]{12}$/);
  });

  test('a word of an environment that no slot may be called is replaced', () => {
    expect(publicName(['freehold', 'Prod-EU', 'shop'], 63)).toMatch(/^freehold__rod____shop__[0-9a-f]{12}$/);
  });
});
