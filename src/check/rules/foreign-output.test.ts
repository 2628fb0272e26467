import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testOutput, testTransformer } from '../testing/made.ts';
import { testModel } from '../testing/model.ts';

test('a datastore that the transformer of another team writes', () => {
  const transformer = { ...testTransformer, address: 'retail/insight/make_daily' };
  const output = { ...testOutput, changes: { mode: 'output', transformer: transformer.address } } as const;
  expect(found(testModel({ datastores: [output], transformers: [transformer] }))).toEqual([
    "error foreign-output retail/sales/daily: datastore 'retail/sales/daily' of team 'retail/sales' is written by transformer 'retail/insight/make_daily' of team 'retail/insight': what one team promises, another would make and could change.",
  ]);
});
