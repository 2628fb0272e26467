import { expect, test } from 'vitest';
import { lookupIn } from '../../model/lookup.ts';
import type { Datastore, Model, Transformer } from '../../model/model.ts';
import { askOf } from '../draft.ts';
import type { Ask } from '../rule.ts';
import { testFacts } from '../testing/facts.ts';
import { container, testDatastore, testEnvironment, testModel } from '../testing/model.ts';
import { carrierOf } from './carried.ts';
import { environmentsOf } from './sites.ts';

const columns = { id: { type: { kind: 'int', bits: 32 } } } as const;

/** `a: b c` — the datastore, each of one dataset `d`, that is made of others; captured where it is of none. */
function modelOf(graph: Readonly<Record<string, string>>, pii: string): Model {
  const addressOf = (name: string) => `retail/sales/${name}`;
  const datastores = Object.entries(graph).map(([name, inputs]): Datastore => {
    const datasets = {
      d: { key: ['id'], columns: name === pii ? { id: { ...columns.id, labels: ['pii'] } } : columns },
    };
    return inputs === ''
      ? testDatastore(addressOf(name), { source: name, datasets })
      : { address: addressOf(name), changes: { mode: 'output', transformer: addressOf(`make_${name}`) }, datasets };
  });
  const transformers = Object.entries(graph)
    .filter(([, inputs]) => inputs !== '')
    .map(
      ([name, inputs]): Transformer => ({
        address: addressOf(`make_${name}`),
        reads: Object.fromEntries(inputs.split(' ').map((input) => [input, { from: `${addressOf(input)}.d` }])),
        code: { kind: 'image', image: 'x' },
      }),
    );
  const environments = ['test', 'dev'].map((name) =>
    testEnvironment(name, { connections: name === 'test' ? { s: container(), t: container() } : { t: container() } }),
  );
  return testModel({ datastores, transformers, environments });
}

/** What each says, the first asked first, and what those who ask have read. */
function answers(model: Model, order: readonly string[]) {
  const plain = askOf(lookupIn(model), testFacts, 0);
  return Object.fromEntries(
    order
      .map((name) => {
        const [ask, reads] = noting(plain);
        const address = `retail/sales/${name}`;
        const carried = carrierOf(ask, address).of('d', 'id').get('retail')?.labels;
        const environments = [...environmentsOf(ask, address)].map((one) => one.split(':')[1]);
        return [name, { carried, environments, reads: [...reads].sort() }] as const;
      })
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

function noting(plain: Ask): readonly [Ask, ReadonlySet<string>] {
  const reads = new Set<string>();
  const note = <Value>(text: string, value: Value): Value => {
    reads.add(text);
    return value;
  };
  const ask: Ask = {
    ...plain,
    object: (kind, address) => note(`object ${kind} ${address}`, plain.object(kind, address)),
    found: (index, key) => note(`found ${index} ${key}`, plain.found(index, key)),
    part: (part, address, name) => note(`part ${part} ${address} ${name ?? ''}`, plain.part(part, address, name)),
    addresses: (kind) => note(`addresses ${kind}`, plain.addresses(kind)),
    isReached: (day) => note(`day ${day}`, plain.isReached(day)),
  };
  return [ask, reads];
}

function orders(names: readonly string[]): readonly (readonly string[])[] {
  return names.length === 0
    ? [[]]
    : names.flatMap((first) => orders(names.filter((one) => one !== first)).map((rest) => [first, ...rest]));
}

// s and t are captured; t is bound in two environments.
test.each([
  ['a chain', { s: '', a: 's', b: 'a', c: 'b t', t: '' }, 'abc'],
  ['one in a circle with itself', { s: '', t: '', a: 's a', b: 'a t' }, 'ab'],
  ['a circle of three that rows enter at one', { s: '', a: 'c s', b: 'a', c: 'b' }, 'abc'],
  [
    'two circles with one in common, and one after them',
    { s: '', t: '', a: 'b c', b: 'a s', c: 'a t', d: 'c' },
    'abcd',
  ],
  ['a circle after another', { s: '', t: '', a: 'b s', b: 'a', c: 'b d t', d: 'c' }, 'abcd'],
])('%s says the same, and rests on the same, whoever asks first', (_, graph, made) => {
  const model = modelOf(graph, 's');
  const all = made.split('');
  const expected = answers(model, all);
  expect(Object.values(expected).map(({ carried }) => carried)).toEqual(all.map(() => ['pii']));
  expect(Object.values(expected).map(({ environments }) => environments)).toEqual(all.map(() => ['test']));
  for (const order of orders(all)) expect(answers(model, order)).toEqual(expected);
});

test('what no rows enter carries what its members are called', () => {
  const model = modelOf({ a: 'b', b: 'c', c: 'a' }, 'b');
  const { a, b, c } = answers(model, ['a', 'b', 'c']);
  expect([a, b, c].map((one) => one?.carried)).toEqual([['pii'], ['pii'], ['pii']]);
  expect([a, b, c].map((one) => one?.environments.length)).toEqual([3, 3, 3]);
});

test('a circle of 3,000 is worked out once around', () => {
  const names = Array.from({ length: 3_000 }, (_, i) => `n${i}`);
  const graph = Object.fromEntries(names.map((name, i) => [name, names[(i + 1) % names.length] ?? '']));
  const model = modelOf(graph, 'n1500');
  expect(answers(model, ['n0']).n0?.carried).toEqual(['pii']);
});
