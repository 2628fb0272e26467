import { expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { canonicalJson, type Json } from '../src/base/digest.ts';
import { type Random, seeded } from '../src/cli/demo/company/random.ts';
import { contractText } from '../src/export/odcs/text.ts';
import type { Finding } from '../src/findings/finding.ts';
import { datastoreReader } from '../src/load/read/datastore.ts';
import { canonicalDatastore } from '../src/model/canonical.ts';
import type { Datastore } from '../src/model/model.ts';
import { contracts, exported } from './support/odcs.ts';

/** A few seconds with the suite; `FREEHOLD_FUZZ_SECONDS=600` for longer, `FREEHOLD_SEED` for the same again. */
const seconds = Number(process.env.FREEHOLD_FUZZ_SECONDS ?? 0);
const first = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

// The large one costs a second each time it is read.
const examples = contracts().filter(([, text]) => text.length < 20_000);

test(`a contract is read, or costs a finding with its place, whatever it says (seed ${first})`, {
  timeout: seconds * 1000 + 120_000,
}, () => {
  const until = Date.now() + seconds * 1000;
  const met = { read: 0, refused: 0 };
  for (let seed = first; seed < first + 300 || Date.now() < until; seed++) {
    try {
      judge(seeded(seed), met);
    } catch (cause) {
      throw new Error(`FREEHOLD_SEED=${seed}: ${cause instanceof Error ? cause.stack : String(cause)}`, { cause });
    }
  }
  // Mutations that all break a contract, or none of which does, would prove little.
  expect(Math.min(met.read, met.refused) / (met.read + met.refused)).toBeGreaterThan(0.1);
});

function judge(random: Random, met: { read: number; refused: number }): void {
  const text = mutated(random);
  const { datastore, findings } = read(text);
  if (datastore === null) {
    met.refused++;
    expect(findings.filter(({ severity }) => severity === 'error')).not.toEqual([]);
    const lines = text.split('\n').length;
    for (const { at } of findings) {
      expect(at?.file).toBe('o/orders.odcs.yaml');
      expect(at?.line).toBeGreaterThan(0);
      expect(at?.line).toBeLessThanOrEqual(lines + 1);
    }
    return;
  }
  met.read++;
  const document = exported(datastore);
  // It comes out as a document that others read, says what it said, and is the same datastore again.
  const again = contractText(document);
  expect(canonicalJson(sorted(parse(again, { schema: 'core' })))).toBe(canonicalJson(sorted(document)));
  // Documents that say nothing are left out: before a mark of an end, say.
  const said = parseAllDocuments(text, { schema: 'core' }).flatMap((one) => one.toJS() ?? []);
  expect([canonicalJson(sorted(document))]).toEqual(said.map((one) => canonicalJson(sorted(withoutNulls(one)))));
  expect(read(again)).toEqual({ datastore, findings: expect.any(Array) });
}

function read(text: string): { readonly datastore: Datastore | null; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const marker = { freehold: 'fromContract', file: './orders.odcs.yaml', levels: {}, classify: [], datasets: {} };
  const raw = { address: 'retail/sales/orders', source: 'shop', changes: { mode: 'snapshot' }, datasets: marker };
  const noun = datastoreReader({
    from: 'o/orders.ts',
    schemas: { names: ['o/orders.odcs.yaml'], text: () => text },
    matches: () => [],
  })(raw, {
    reading: { findings, isYaml: false, places: new Map(), marked: () => null },
    subject: "datastore 'retail/sales/orders'",
    address: 'retail/sales/orders',
    path: [],
    literal: null,
    placeAt: null,
    place: { file: 'o/orders.odcs.yaml', line: 1, column: 1 },
  });
  return { datastore: noun === undefined ? null : canonicalDatastore(noun), findings };
}

/** Objects of a schema come out in the order of their names. */
function sorted(document: Json): Json {
  if (typeof document !== 'object' || document === null || !('schema' in document)) return document;
  const { schema } = document;
  return Array.isArray(schema)
    ? { ...document, schema: schema.map((one: Json) => canonicalJson(one)).sort() }
    : document;
}

/** Members that are null are not there; lists keep theirs, but for the two that datasets and columns are made from. */
function withoutNulls(value: Json, lists: readonly string[] = ['schema', 'properties']): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const [list, ...inner] = lists;
  const members = Object.entries(value).flatMap(([name, member]) => {
    if (member === null || member === undefined) return [];
    const isRead = name === list && Array.isArray(member);
    return [[name, isRead ? member.map((one: Json) => withoutNulls(one, inner)) : withoutNulls(member, [])] as const];
  });
  return Object.fromEntries(members);
}

function mutated(random: Random): string {
  const [, text] = random.pick(examples);
  if (random.isLucky(0.4)) return mutatedText(text, random);
  const document: Json = parse(text, { schema: 'core' });
  let changed = document;
  for (let i = random.between(1, 4); i > 0; i--) changed = mutatedJson(changed, random);
  return stringify(changed, { aliasDuplicateObjects: random.isLucky(0.1) });
}

/** The value with one part of it changed, renamed, doubled or gone. */
function mutatedJson(value: Json, random: Random): Json {
  if (typeof value !== 'object' || value === null || random.isLucky(0.08)) return odd(random);
  if (Array.isArray(value)) {
    const items: Json[] = [...value];
    const index = random.between(0, Math.max(items.length - 1, 0));
    const item = items[index] ?? null;
    switch (random.between(0, 6)) {
      case 0:
        return items.filter((_, i) => i !== index);
      case 1:
        return [...items, item];
      case 2:
        return items.reverse();
      default:
        return items.map((one, i) => (i === index ? mutatedJson(one, random) : one));
    }
  }
  const members = Object.entries(value);
  const index = random.between(0, Math.max(members.length - 1, 0));
  switch (random.between(0, 6)) {
    case 0:
      return Object.fromEntries(members.filter((_, i) => i !== index));
    case 1:
      return Object.fromEntries([...members, [random.pick(names), odd(random)]]);
    default:
      return Object.fromEntries(
        members.map(([name, member = null], i) => [name, i === index ? mutatedJson(member, random) : member]),
      );
  }
}

function odd(random: Random): Json {
  return oddities[random.between(0, oddities.length - 1)] ?? null;
}

const oddities: readonly Json[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e300,
    '',
    ' ',
    'x',
    'yes',
    '2026-01-31',
    'v3.2.0',
    'deprecated',
    '\u001b[2J\u202e',
    'a\nb',
    '~',
    '0o7',
  ],
  ...[
    [],
    {},
    [null],
    [[]],
    { a: null },
    { name: 'a' },
    [{ name: 'a' }],
    [{ name: 'a' }, { name: 'A' }],
    [{ property: 'latency', value: 1, unit: 'd' }],
  ],
  ...[
    'varchar(99999999999)',
    'decimal(0,9)',
    'timestamp(9)',
    'int[][]',
    'enum(',
    'struct(a text)',
    'array(array(text))',
  ],
  ...[
    [{ property: 'freehold.labels', value: ['b', 'a'] }],
    [{ property: 'freehold.', value: 1 }],
    [{ property: 'freehold.type', value: 1 }],
    [{ property: 'freehold.otherwise', value: 'stop' }],
    [{ property: 'freehold.quality', value: [{ test: 'declared' }] }],
  ],
  ...[
    [{ metric: 'nullValues', mustBe: 0 }],
    [{ metric: 'nullValues', mustBe: 'x' }, null],
    [
      { rule: 'rowCount', mustBeBetween: [1, 9] },
      { type: 'text', description: 'x' },
    ],
    [{ metric: 'invalidValues', mustBe: 0, arguments: { pattern: '^a+$' } }],
    [{ metric: 'invalidValues', mustBeLessThan: 1, unit: 'percent', arguments: { validValues: ['a', null] } }],
    [{ metric: 'duplicateValues', mustBe: 0, arguments: { properties: ['name'] } }],
  ],
];

const names = [
  ...[
    'name',
    'physicalName',
    'logicalType',
    'physicalType',
    'primaryKey',
    'required',
    'properties',
    'items',
    'map',
    'enum',
    'tags',
  ],
  ...[
    'schema',
    'status',
    'version',
    'classification',
    'description',
    'customProperties',
    'quality',
    'slaProperties',
    'contract',
    'unknown',
  ],
  ...['constructor', 'toString', 'hasOwnProperty', '@', 'freehold', ''],
];

/** The text with lines and characters gone, doubled, moved or put in. */
function mutatedText(text: string, random: Random): string {
  let changed = text;
  for (let i = random.between(1, 5); i > 0; i--) {
    const lines = changed.split('\n');
    const at = random.between(0, lines.length - 1);
    const character = random.between(0, changed.length);
    switch (random.between(0, 5)) {
      case 0:
        changed = lines.filter((_, line) => line !== at).join('\n');
        break;
      case 1:
        changed = lines.map((one, line) => (line === at ? `${one}\n${one}` : one)).join('\n');
        break;
      case 2:
        changed = lines.map((one, line) => (line === at ? `  ${one}` : one)).join('\n');
        break;
      case 3:
        changed = changed.slice(0, character);
        break;
      default:
        changed = changed.slice(0, character) + random.pick(put) + changed.slice(character);
    }
  }
  return changed;
}

const put = [
  ...[
    ':',
    ': ',
    '-',
    '- ',
    '#',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    '&a ',
    '*a',
    '!!str ',
    '!!binary ',
    '|',
    '>',
    '%',
    '@',
    '`',
    '\t',
    '\n',
    '\u0000',
  ],
  ...[
    '? ',
    '<<: *a',
    '---\n',
    '...\n',
    '.inf',
    '.nan',
    '0x1F',
    '99999999999999999999',
    '\u2028',
    '\ufeff',
    '\ud800',
    'é',
    '[[[[[[[[[[',
    '"\\u0000"',
  ],
];
