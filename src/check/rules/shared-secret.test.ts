import { expect, test } from 'vitest';
import type { Container } from '../../model/model.ts';
import { found } from '../testing/found.ts';
import { testDatastore, testModel } from '../testing/model.ts';

const by = (secret: string): Container => ({ engine: 'big', fields: { database: 'db', password: { secret } } });
const crm = testDatastore('retail/insight/crm', { source: 'crm', consumers: [], promises: {} });
const lines = (prod: Parameters<typeof testModel>[0]['prod'], datastores = [crm]) =>
  found(testModel({ ...(prod && { prod }), datastores })).filter((line) => line.includes('shared-secret'));

test('a secret for the sources of two teams', () => {
  expect(lines({ connections: { shop: by('reader'), crm: by('reader') } })).toEqual([
    "error shared-secret environment:prod: secret 'reader' opens connection 'shop' of environment 'prod' and connection 'crm' of environment 'prod', which 'retail/sales' and 'retail/insight' read: what one of them may see, the other could.",
  ]);
});

test('a secret for a source and for what is written', () => {
  expect(lines({ connections: { shop: by('all'), crm: by('crm') }, stores: { main: by('all') } })).toEqual([
    "error shared-secret environment:prod: secret 'all' opens connection 'shop' of environment 'prod' and store 'main' of environment 'prod', so who may read a source may write what is kept of it, or the other way round.",
  ]);
});

test('two sources of one team, and what freehold writes, may share one', () => {
  const own = { ...crm, address: 'retail/sales/crm' };
  const prod = { connections: { shop: by('reader'), crm: by('reader') }, stores: { main: by('w'), more: by('w') } };
  expect(lines({ ...prod, ledger: by('w') }, [own])).toEqual([]);
});
