import { expect, test } from 'vitest';
import { sqlParser } from '../../load/sql-parser.ts';
import { testFacts } from '../testing/facts.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';
import { testOutput, testTransformer } from '../testing/people.ts';

const parseSql = await sqlParser();
function unfit(people: string, dialect: 'postgres' | 'duckdb' = 'postgres') {
  const transformers = [testTransformer({ code: { kind: 'sql', dialect, queries: { people } } })];
  return found(testModel({ datastores: [testOutput()], transformers }), testFacts, { parseSql })
    .filter((line) => line.includes('unfit-query'))
    .map((line) => line.split("retail/insight/clean' ")[1]);
}

test('a query that gives the columns of its dataset is fine', () => {
  expect(unfit('select id, lower(name) as name from c')).toEqual([]);
  expect(unfit('select * from c')).toEqual([]);
});

test('one that cannot be followed, reads what it does not say, or gives other columns', () => {
  expect(unfit('select id, from c')).toEqual(['cannot be followed: syntax error at or near "from".']);
  expect(unfit('select id, mail as name from c')).toEqual([
    "cannot be followed: nothing that it selects from has 'mail'.",
  ]);
  expect(unfit('select id, x.name from c, hr.people x')).toEqual([
    "reads 'hr.people', which is not under  reads: no one could say what it is made of, or who allowed that.",
  ]);
  expect(unfit('select id, lower(name) from c')).toEqual([
    "gives no 'name', which 'retail/insight/people.people' has.",
  ]);
});

test('one that tells a function in text what to read', () => {
  expect(unfit("select id, query_to_xml('select * from hr.people', true, true, '')::text as name from c")).toEqual([
    "calls 'query_to_xml', which is told in text what to read: no one could say what it is made of, or who allowed that.",
  ]);
  expect(unfit("select id, name from read_csv('people.csv')", 'duckdb')).toHaveLength(1);
});

test('what only DuckDB understands is followed as a whole; what it reads must still be said', () => {
  expect(unfit('select * exclude (name) from c', 'duckdb')).toEqual([]);
  expect(unfit('select id, name from secrets', 'duckdb')).toHaveLength(1);
});
