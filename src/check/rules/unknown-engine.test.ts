import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { container, testModel } from '../testing/model.ts';

test('an engine that the release does not have is found wherever a container is', () => {
  const postgers = container('postgers');
  const replicas = { sql: { on: [postgers], serves: ['lookup'] } } as const;
  const prod = { ledger: postgers, connections: { shop: postgers }, stores: { main: postgers }, replicas };
  const end = "of environment 'prod' is of the engine 'postgers', which this release does not have.";
  expect(found(testModel({ prod }))).toEqual([
    `error unknown-engine environment:prod: connection 'shop' ${end}`,
    `error unknown-engine environment:prod: replica 'sql' ${end}`,
    `error unknown-engine environment:prod: store 'main' ${end}`,
    `error unknown-engine environment:prod: the ledger ${end}`,
  ]);
});
