import { expect, test } from 'vitest';
import { sqlParser } from '../../load/sql-parser.ts';
import { lookupIn } from '../../model/lookup.ts';
import { askOf } from '../draft.ts';
import { testFacts } from '../testing/facts.ts';
import { testModel } from '../testing/model.ts';
import { testOutput, testTransformer } from '../testing/people.ts';
import { madeOf } from './made-of.ts';

const parseSql = await sqlParser();

function lines(people: string): readonly string[] {
  const transformer = testTransformer({ code: { kind: 'sql', dialect: 'postgres', queries: { people } } });
  const model = testModel({ datastores: [testOutput()], transformers: [transformer] });
  return madeOf(askOf(lookupIn(model), testFacts, 0, parseSql), transformer);
}

test('each column is said with what it comes from', () => {
  expect(lines('select 1 as id, lower(name) as name from c')).toEqual([
    "column 'people.id' is made of nothing that it reads",
    "column 'people.name' is made of 'c.name'",
  ]);
});

test('what comes from everything is said with the reason', () => {
  expect(lines('select id, tidy(name) as name from c')).toEqual([
    "column 'people.id' is made of 'c.id'",
    "column 'people.name' is made of 'c.id' and 'c.name'",
    "what 'tidy' gives is made of all that it reads: it may look at more than it is given",
  ]);
  expect(lines('select id, from c')).toEqual([
    'each column of \'people\' is made of all that it reads: syntax error at or near "from"',
  ]);
});

test('an image is made of everything', () => {
  const transformer = testTransformer({ code: { kind: 'image', image: 'x' } });
  const model = testModel({ datastores: [testOutput()], transformers: [transformer] });
  expect(madeOf(askOf(lookupIn(model), testFacts, 0, parseSql), transformer)).toEqual([
    'each column that it makes is made of all that it reads: it is no SQL',
  ]);
});
