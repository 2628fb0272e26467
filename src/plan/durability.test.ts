import { expect, test } from 'vitest';
import type { Container } from '../model/model.ts';
import { planChanges } from './diff.ts';
import { makePlan } from './make.ts';
import { company, testFacts } from './testing/company.ts';

function planned(durability?: Container['durability']) {
  const main = { engine: 'rows', fields: { database: 'main' }, ...(durability === undefined ? {} : { durability }) };
  const { plan } = makePlan(company({ environment: { stores: { main } } }), 'local', testFacts, {});
  if (plan === null) throw new Error('no plan');
  return plan;
}

const streams = (durability?: Container['durability']) =>
  planned(durability).nodes.flatMap((node) => (node.kind === 'stream' ? [node.durability] : []));

test('what a store says of its durability is its cdc streams; what is read at intervals has nothing to let go', () => {
  expect(streams()).toEqual([undefined, undefined]);
  expect(streams('local')).toEqual([undefined, undefined]);
  expect(streams('standby')).toEqual([{ kind: 'standby' }, undefined]);
  expect(streams({ keep: '1h' })).toEqual([{ kind: 'keep', ms: 3_600_000 }, undefined]);
});

test('it is a change that plan shows, and a reason that explain has', () => {
  const after = planned({ keep: '90m' });
  expect(planChanges(planned(), after).map(({ sign, object, detail }) => [sign, object, detail])).toEqual([
    ['~', 'stream retail/sales/orders', ['+ keeps of its log what the store has for less than 1.5h']],
  ]);
  expect(after.nodes.flatMap((node) => node.why)).toContainEqual(
    "Its source keeps of its log what the store has for less than 1.5h, so that a copy of 'store:main' that takes over goes on without a gap.",
  );
});
