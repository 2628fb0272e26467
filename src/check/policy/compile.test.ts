import { isAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import { describe, expect, test } from 'vitest';
import type { Predicate } from '../../model/model.ts';
import type { Site } from '../graph/sites.ts';
import { compile } from './compile.ts';
import { notKept, type Situation } from './situation.ts';
import type { Truth } from './truth.ts';

/**
 * Cedar, a language of policies with a proven evaluator, says what the same predicate is worth. It has two values: it is
 * asked where everything is known, and of everything that what is not known may turn out to be.
 */
const mesh = { classification: { levels: ['public', 'internal', 'confidential'], labels: { pii: {}, mnpi: {} } } };

const site = (at: string | null, engine: string, grade: 'production' | 'test', encrypted: boolean): Site => {
  const [vendor = '', path = ''] = at?.split(':') ?? [];
  return {
    id: `${at} ${engine} ${grade} ${encrypted}`,
    words: 'a store',
    role: 'store',
    container: { engine, grade, encrypted, ...(at === null ? {} : { at }) },
    location: at === null ? null : { vendor, path: path.split('/') },
    spot: { address: 'environment:prod', path: [] },
  };
};

const nowhere: Situation = {
  rows: { rank: 1, labels: ['pii'] },
  isDirect: true,
  isProduction: true,
  site: null,
  reader: null,
  kept: notKept,
  name: null,
};

test.each([1, 2, 3])('predicates are worth what Cedar says they are, where everything is known (seed %i)', (seed) => {
  const random = mulberry(seed);
  for (let round = 0; round < 150; round++) {
    const predicate = randomPredicate(random, 4);
    const situation = randomSituation(random);
    expect(compile(predicate, mesh).holds(situation), `seed ${seed} round ${round} ${JSON.stringify(predicate)}`).toBe(
      cedar(predicate, situation),
    );
  }
});

test.each([4, 5, 6])(
  'what is decided without knowing all stays so, whatever the rest turns out to be (seed %i)',
  (seed) => {
    const random = mulberry(seed);
    let decided = 0;
    for (let round = 0; round < 150; round++) {
      const predicate = randomPredicate(random, 4);
      const whole = randomSituation(random);
      const hidden = ['site', 'reader', 'kept', 'name'].filter(() => random() < 0.4);
      const known: Situation = {
        ...whole,
        site: hidden.includes('site') ? null : whole.site,
        reader: hidden.includes('reader') ? null : whole.reader,
        kept: hidden.includes('kept') ? notKept : whole.kept,
        name: hidden.includes('name') ? null : whole.name,
      };
      const truth = compile(predicate, mesh).holds(known);
      if (truth === null) continue;
      decided++;
      expect(cedar(predicate, whole), `seed ${seed} round ${round} ${JSON.stringify(predicate)}`).toBe(truth);
    }
    expect(decided).toBeGreaterThan(30);
  },
);

describe('what a predicate says nothing of', () => {
  const pii: Predicate = { kind: 'classified', as: 'pii' };
  const eu: Predicate = { kind: 'within', regions: ['*:eu'] };
  const retail: Predicate = { kind: 'readableBy', parties: ['retail'] };
  const berlin = site('own:eu/berlin', 'postgres', 'production', true);
  const virginia = site('aws:us/us-east-1', 'postgres', 'production', true);
  const risk = { zone: 'risk', team: 'audit' };

  test.each<[string, Predicate, Partial<Situation>, Truth]>([
    ['a place, of a reader', eu, { reader: risk }, null],
    ['a place, of nothing delicate', { kind: 'when', if: pii, demand: eu }, { rows: { rank: 2, labels: [] } }, true],
    ['a place, of something delicate', { kind: 'when', if: pii, demand: eu }, {}, null],
    ['a reader or a place, of a place outside', { kind: 'any', of: [eu, retail] }, { site: virginia }, null],
    ['a reader or a place, of both', { kind: 'any', of: [eu, retail] }, { site: virginia, reader: risk }, false],
    ['a reader and a place, of a place outside', { kind: 'all', of: [eu, retail] }, { site: virginia }, false],
    ['a reader and a place, of a place inside', { kind: 'all', of: [eu, retail] }, { site: berlin }, null],
    ['the opposite of a place, of a reader', { kind: 'not', of: eu }, { reader: risk }, null],
  ])('%s', (_, predicate, situation, truth) => {
    expect(compile(predicate, mesh).holds({ ...nowhere, ...situation })).toBe(truth);
  });
});

describe('what somebody should have said and did not counts against the policy', () => {
  const nobodySays = {
    ...nowhere,
    site: { ...site(null, 'postgres', 'test', true), container: { engine: 'postgres' } },
  };
  const us: Predicate = { kind: 'within', regions: ['*:us'] };
  test.each<[string, Predicate]>([
    ['a region that is demanded', us],
    ['a region that is forbidden', { kind: 'not', of: us }],
    ['a vendor that is demanded', { kind: 'vendors', vendors: ['aws'] }],
    ['a vendor that is forbidden', { kind: 'not', of: { kind: 'vendors', vendors: ['aws'] } }],
    ['a grade that is demanded', { kind: 'grade', grade: 'production' }],
    [
      'a grade under which something is demanded',
      { kind: 'when', if: { kind: 'grade', grade: 'production' }, demand: { kind: 'encrypted' } },
    ],
    [
      'a region in two minds',
      { kind: 'not', of: { kind: 'any', of: [us, { kind: 'not', of: { kind: 'encrypted' } }] } },
    ],
  ])('%s', (_, predicate) => {
    expect(compile(predicate, mesh).holds(nobodySays)).toBe(false);
  });
});

test.each<[Predicate, Situation['kept'], Truth]>([
  [{ kind: 'retain', max: '1d' }, { longestMs: null, ownMs: 86_400_000 }, true],
  [{ kind: 'retain', max: '1d' }, { longestMs: null, ownMs: Number.POSITIVE_INFINITY }, false],
  [{ kind: 'retain', max: '1d' }, { longestMs: 0, ownMs: null }, null],
  [{ kind: 'retain', min: '1d' }, { longestMs: 0, ownMs: null }, false],
  [{ kind: 'retain', min: '1d', max: '2d' }, { longestMs: 86_400_000, ownMs: 3 * 86_400_000 }, false],
  [{ kind: 'retain', min: '1d', max: '2d' }, { longestMs: 86_400_000, ownMs: null }, null],
])('%j of versions kept %j is %s', (predicate, kept, truth) => {
  expect(compile(predicate, mesh).holds({ ...nowhere, kept })).toBe(truth);
});

test('a name is matched whole, and only a name of what is meant', () => {
  const holds = (pattern: string, what: 'dataset' | 'column', text: string) =>
    compile({ kind: 'named', what: 'column', pattern }, mesh).holds({ ...nowhere, name: { what, text } });
  expect([
    holds('[a-z]+_v[0-9]', 'column', 'mail_v1'),
    holds('[a-z]+_v[0-9]', 'column', 'mail_v10'),
    holds('(?i)MAIL', 'column', 'mail'),
    holds('x', 'dataset', 'mail'),
    holds('(a)\\1', 'column', 'aa'),
  ]).toEqual([true, false, true, null, null]);
});

test('a pattern that would never end in another engine is no matter', () => {
  const start = performance.now();
  const text = 'a'.repeat(50_000);
  const { holds } = compile({ kind: 'named', what: 'column', pattern: '(a|aa|a*)*b' }, mesh);
  expect(holds({ ...nowhere, name: { what: 'column', text } })).toBe(false);
  expect(performance.now() - start).toBeLessThan(20_000);
});

/** What Cedar says of a predicate in a situation in which everything is known. */
function cedar(
  predicate: Predicate,
  { rows, isDirect, isProduction, site: at, reader, kept, name }: Situation,
): boolean {
  const { location, container } = at ?? site('x:y', '', 'test', false);
  const path = location?.path ?? [];
  const answer = isAuthorized({
    principal: { type: 'Row', id: 'r' },
    action: { type: 'Action', id: 'rest' },
    resource: { type: 'Place', id: 'p' },
    context: {
      rank: rows.rank,
      labels: [...rows.labels],
      direct: isDirect,
      production: isProduction,
      // Every region that the place lies in.
      regions: path.flatMap((_, i) =>
        ['*', location?.vendor ?? ''].map((v) => `${v}:${path.slice(0, i + 1).join('/')}`),
      ),
      vendor: location?.vendor ?? '',
      engine: container.engine,
      grade: container.grade ?? '',
      encrypted: container.encrypted ?? false,
      parties: [reader?.zone ?? '', `${reader?.zone}/${reader?.team}`],
      longest: kept.longestMs ?? 0,
      own: kept.ownMs ?? 0,
      name: name?.text ?? '',
    },
    policies: { staticPolicies: `permit(principal, action, resource) when { ${cedarText(predicate)} };` },
    entities: [],
  });
  if (answer.type !== 'success' || answer.response.diagnostics.errors.length > 0)
    throw new Error(JSON.stringify(answer));
  return answer.response.decision === 'allow';
}

function cedarText(predicate: Predicate): string {
  const any = (names: readonly string[], of: string) =>
    `[${names.map((n) => JSON.stringify(n)).join(', ')}].contains(${of})`;
  switch (predicate.kind) {
    case 'all':
      return `(${predicate.of.map(cedarText).join(' && ')})`;
    case 'any':
      return `(${predicate.of.map(cedarText).join(' || ')})`;
    case 'not':
      return `!(${cedarText(predicate.of)})`;
    case 'when':
      return `(if ${cedarText(predicate.if)} then ${cedarText(predicate.demand)} else true)`;
    case 'classified': {
      const rank = mesh.classification.levels.indexOf(predicate.as);
      return rank >= 0 ? `context.rank >= ${rank}` : `context.labels.contains("${predicate.as}")`;
    }
    case 'within':
      return `context.regions.containsAny([${predicate.regions.map((r) => `"${r}"`).join(', ')}])`;
    case 'vendors':
      return any(predicate.vendors, 'context.vendor');
    case 'engines':
      return any(predicate.engines, 'context.engine');
    case 'grade':
      return `context.grade == "${predicate.grade}"`;
    case 'encrypted':
      return 'context.encrypted';
    case 'readableBy':
      return `context.parties.containsAny([${predicate.parties.map((p) => `"${p}"`).join(', ')}])`;
    case 'retain':
      return `context.longest >= ${msOf(predicate.min) ?? 0} && context.own <= ${msOf(predicate.max) ?? 9_000_000_000_000}`;
    case 'named':
      return `context.name like "${predicate.pattern.replace('.*', '*')}"`;
    case 'production':
      return 'context.production';
    case 'direct':
      return 'context.direct';
  }
}

function msOf(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : Number(duration.slice(0, -1)) * 86_400_000;
}

function randomPredicate(random: () => number, depth: number): Predicate {
  const pick = <T>(from: readonly [T, ...T[]]): T => from[Math.floor(random() * from.length)] ?? from[0];
  const some = <T>(from: readonly [T, ...T[]]): readonly T[] => {
    const chosen = from.filter(() => random() < 0.5);
    return chosen.length > 0 ? chosen : [pick(from)];
  };
  const inner = () => randomPredicate(random, depth - 1);
  const several = () => Array.from({ length: 1 + Math.floor(random() * 3) }, inner);
  if (depth > 0 && random() < 0.6) {
    const kind = pick(['all', 'any', 'not', 'when'] as const);
    if (kind === 'not') return { kind, of: inner() };
    if (kind === 'when') return { kind, if: inner(), demand: inner() };
    return { kind, of: several() };
  }
  const leaves: readonly [() => Predicate, ...(() => Predicate)[]] = [
    () => ({ kind: 'classified', as: pick(['public', 'internal', 'confidential', 'pii', 'mnpi']) }),
    () => ({ kind: 'within', regions: some(['*:eu', 'own:eu/berlin', 'aws:us', '*:us/us-east-1']) }),
    () => ({ kind: 'vendors', vendors: some(['own', 'aws']) }),
    () => ({ kind: 'engines', engines: some(['postgres', 'duckdb']) }),
    () => ({ kind: 'grade', grade: pick(['production', 'test']) }),
    () => ({ kind: 'encrypted' }),
    () => ({ kind: 'readableBy', parties: some(['retail', 'risk', 'retail/sales', 'risk/audit']) }),
    () => ({ kind: 'retain', min: pick(['1d', '5d']), max: pick(['6d', '9d']) }),
    () => ({ kind: 'named', what: 'column', pattern: pick(['mail.*', 'mail', '.*_v1']) }),
    () => ({ kind: 'production' }),
    () => ({ kind: 'direct' }),
  ];
  return pick(leaves)();
}

function randomSituation(random: () => number): Situation {
  const pick = <T>(from: readonly [T, ...T[]]): T => from[Math.floor(random() * from.length)] ?? from[0];
  return {
    rows: { rank: pick([0, 1, 2]), labels: ['pii', 'mnpi'].filter(() => random() < 0.5) },
    isDirect: random() < 0.5,
    isProduction: random() < 0.5,
    site: site(
      pick(['own:eu/berlin', 'aws:eu/eu-central-1', 'aws:us/us-east-1']),
      pick(['postgres', 'duckdb']),
      pick(['production', 'test']),
      random() < 0.5,
    ),
    reader: pick([
      { zone: 'retail', team: 'sales' },
      { zone: 'retail', team: 'other' },
      { zone: 'risk', team: 'audit' },
    ]),
    kept: { longestMs: pick([0, 3, 7]) * 86_400_000, ownMs: pick([1, 7, 12]) * 86_400_000 },
    name: { what: 'column', text: pick(['mail', 'mailing', 'x_v1']) },
  };
}

function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
