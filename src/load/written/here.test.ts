import { expect, test } from 'vitest';
import { languageBundle } from '../bundle.ts';
import { defaultLimits } from '../limits.ts';
import { readHere } from './here.ts';

const store = (name: string, more = '') => `import { datastore, fromSchema, int32, snapshot, table } from 'freehold';
${more}
export default datastore('retail/sales/${name}', { source: 'shop', changes: snapshot(), datasets: { t: table({ key: ['id'] }, { id: int32() }) } });
`;
const roots = {
  'written.ts': store('written'),
  'runs.ts': store('runs', 'const double = (n: number) => n * 2; double(2);'),
  'imports.ts': store('imports', "import { key } from './key.ts';"),
  'typed.ts': store('typed', 'const names: Array<string> = [];'),
  'wrong.ts': store('wrong', 'const = 1;'),
  'found.ts': store('found').replace("source: 'shop'", 'source: 7'),
  'data.ts': store('data').replace(/datasets: .*/, "datasets: fromSchema('./data.schema.yaml') });"),
  'deep.ts': `export default ${'['.repeat(20_000)}${']'.repeat(20_000)};\n`,
  'long.ts': store('long', `// ${'x'.repeat(600_000)}`),
  'yaml.yaml': 'datastore: retail/sales/yaml\nsource: shop\nchanges: snapshot\ndatasets: {}\n',
  'key.ts': "export const key = ['id'];\n",
};
const schemas = { 'data.schema.yaml': 'version: 1\ndatasets: { t: { key: [id], columns: { id: int32 } } }\n' };

test('files that are written out are read without a worker; whatever runs, is long or is found wanting is left to one', async () => {
  const given = { roots, schemas, language: await languageBundle(), limits: defaultLimits };
  const read = await readHere(given, Object.keys(roots));
  expect([...read].map(([file, { chunks }]) => [file, chunks.map(({ address }) => address)])).toEqual([
    ['written.ts', ['retail/sales/written']],
    ['key.ts', []],
  ]);
  expect(await readHere({ ...given, limits: { ...defaultLimits, isWritten: false } }, Object.keys(roots))).toEqual(
    new Map(),
  );
});
