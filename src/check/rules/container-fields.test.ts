import { expect, test } from 'vitest';
import type { Container } from '../../model/model.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const messages = (fields: Container['fields']) =>
  found(testModel({ prod: { ledger: { engine: 'big', fields } } })).map((line) =>
    line.replace('error container-fields environment:prod: ', ''),
  );

test('a required field is required', () => {
  expect(messages({})).toEqual([
    "the ledger of environment 'prod' needs the field 'database' (name of the database), as every container of Big does.",
  ]);
});

test('a field that the engine does not have has no effect, so it is a mistake', () => {
  expect(messages({ database: 'db', databse: 'db' })).toEqual([
    "the ledger of environment 'prod' has a field 'databse', which a container of Big does not have, so it would have no effect.",
  ]);
});

test('a password is named, never written', () => {
  expect(messages({ database: 'db', password: 'swordfish' })).toEqual([
    "field 'password' of the ledger of environment 'prod' is a text, but must be a secret's name: the value itself never stands in a model.",
  ]);
  expect(messages({ database: 'db', password: { secret: 'shop' } })).toEqual([]);
});

test('a field is of its type', () => {
  expect(messages({ database: 'db', port: '5432' })).toEqual([
    "field 'port' of the ledger of environment 'prod' is a text, but must be a number.",
  ]);
});
