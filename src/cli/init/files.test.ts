import { describe, expect, test } from 'vitest';
import { must } from '../../base/must.ts';
import { check } from '../../check/check.ts';
import { engineFacts } from '../../engines/facts.ts';
import { loaded } from '../../load/testing/model.ts';
import { type Form, newFiles } from './files.ts';
import type { NewModel } from './new-model.ts';

const plain: NewModel = {
  name: 'shop',
  zone: 'main',
  producer: 'operations',
  consumer: 'insight',
  datastore: 'shop',
  source: null,
  changes: { word: 'snapshot()', why: 'or cdc() where the database offers logical decoding' },
  schema: null,
  leftOut: [],
  keyless: [],
};

/** Names that mean something in YAML, and texts that want out of their quotes or their comment. */
const odd: NewModel = {
  ...plain,
  name: 'true',
  datastore: 'no',
  source: {
    engine: 'postgres',
    host: '::1',
    port: 5433,
    database: `it's "a" \\ shop: #1`,
    user: '0x1f',
    password: 'hidden',
    ssl: 'verify',
  },
  changes: { word: 'cdc()', why: "every\nexport default mesh('evil', {});\nmesh: evil" },
  schema: `version: 1
datasets:
  customers:
    from: public.customers
    key: [id]
    columns:
      id: int64
  'on':
    from: public.on
    columns:
      a: text
`,
  leftOut: ["column public.a.b\nexport const evil = zone('evil', {});\n---\nzone: evil"],
  keyless: [{ dataset: 'on', why: 'public.on has no primary key\n  evil: { key: [x] }' }],
};

async function made(model: NewModel, form: Form) {
  const files = Object.fromEntries(newFiles(model, form).map(({ path, text }) => [path, text]));
  const { model: read, findings, places, digest } = await loaded(files);
  const checked = check(must(read, 'model'), engineFacts, { asOfMs: 0, places });
  return { files: Object.keys(files), digest, read, findings: [...findings, ...checked] };
}

describe.each([
  ['as it is', plain],
  ['around an odd database', odd],
])('a new model %s', (_, model) => {
  test('is right, and the same in either form', async () => {
    const typescript = await made(model, 'typescript');
    const yaml = await made(model, 'yaml');
    expect(typescript.findings.map(({ message }) => message)).toEqual([]);
    expect(yaml.findings.map(({ message }) => message)).toEqual([]);
    expect(yaml.read).toEqual(typescript.read);
    expect(yaml.digest).toBe(typescript.digest);
    expect(yaml.digest).not.toBeNull();
  });

  test('has a file of YAML for each of TypeScript, and no other', () => {
    const paths = (form: Form) => newFiles(model, form).map(({ path }) => path);
    expect(paths('yaml')).toEqual(paths('typescript').map((path) => path.replace(/\.ts$/, '.yaml')));
  });
});

test('what a comment says of another way of reading is spelled as the file spells it', () => {
  const [yaml, typescript] = (['yaml', 'typescript'] as const).map((form) =>
    newFiles(plain, form)
      .map(({ text }) => text)
      .join(''),
  );
  expect(yaml).toContain('changes: snapshot # or cdc where');
  expect(typescript).toContain('changes: snapshot(), // or cdc() where');
});
