import { expect, test } from 'vitest';
import type { Container } from '../../model/model.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const messages = (fields: Container['fields']) =>
  found(testModel({ prod: { ledger: { engine: 'big', fields } } })).map((line) =>
    line.replace('error container-fields prod: ', ''),
  );

test('a required field is required', () => {
  expect(messages({})).toEqual([
    "a container of Big needs the field 'database' (name of the database), and this one has none.",
  ]);
});

test('a field that the engine does not have has no effect, so it is a mistake', () => {
  expect(messages({ database: 'db', databse: 'db' })).toEqual([
    "a container of Big has no field 'databse', so it would have no effect.",
  ]);
});

test('a password is named, never written', () => {
  expect(messages({ database: 'db', password: 'swordfish' })).toEqual([
    "field 'password' of a container of Big is a text, but must be a secret's name: the value itself never stands in a model.",
  ]);
  expect(messages({ database: 'db', password: { secret: 'shop' } })).toEqual([]);
});

test('a field is of its type', () => {
  expect(messages({ database: 'db', port: '5432' })).toEqual([
    "field 'port' of a container of Big is a text, but must be a number.",
  ]);
});
