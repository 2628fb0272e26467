import { expect, test } from 'vitest';
import { sqlParser } from '../../load/sql-parser.ts';
import { testFacts } from '../testing/facts.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const parseSql = await sqlParser();
const unfit = (rows: string) =>
  found(testModel({ dashboard: { read: [{ from: 'retail/sales/orders.customers', rows }] } }), testFacts, { parseSql })
    .filter((line) => line.includes('unfit-condition'))
    .map((line) => line.split("dashboard' ")[1]);

test('a condition on columns of the dataset is fine', () => {
  expect(unfit("name like 'A%' and id > 7 -- of the first")).toEqual([]);
});

test('what is no condition, or of other columns, is refused', () => {
  expect(unfit('name =')).toEqual([
    'reads rows of \'retail/sales/orders.customers\' by a condition that is none: syntax error at or near ")".',
  ]);
  expect(unfit('true) from secrets; select (1')).toEqual([
    "reads rows of 'retail/sales/orders.customers' by a condition that is none: it is more than a condition.",
  ]);
  expect(unfit("country = 'DE'")).toEqual([
    "reads rows of 'retail/sales/orders.customers' by a condition on 'country', which 'retail/sales/orders.customers' does not have.",
  ]);
});
