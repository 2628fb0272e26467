import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Edits, testRepository, withoutGit } from '../src/git/testing/repository.ts';
import { company, readingInvoices, wider, withoutInvoices } from './support/company.ts';
import { type Reviewed, reviewed } from './support/reviewed.ts';

/**
 * What a review keeps of base, and reads the next time, changes nothing that it says: each of these changes is reviewed
 * with nothing kept, where base is kept for the first time, and over what was kept.
 */
describe.skipIf(withoutGit !== null)('a review over what was kept of base', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'freehold-kept-'));
  afterAll(() => rmSync(cache, { recursive: true, force: true }));
  const shared = `import { int32, table } from 'freehold';\nexport const plain = table({ key: ['id'] }, { id: int32() });\n`;
  const schema =
    'version: 1\ndatasets:\n  parcels:\n    key: [id]\n    columns:\n      id: int32\n      note: "text?"\n';
  const files: Readonly<Record<string, string>> = {
    ...company('github.com'),
    'retail/sales/shared.ts': shared,
    'retail/sales/stock.ts': `import { datastore, snapshot } from 'freehold';
import { plain } from './shared.ts';
export default datastore('retail/sales/stock', { source: 'shop', changes: snapshot(), datasets: { stock: plain } });
`,
    'retail/sales/parcels.schema.yaml': schema,
    'retail/sales/parcels.ts': `import { datastore, fromSchema, snapshot } from 'freehold';
export default datastore('retail/sales/parcels', { source: 'shop', changes: snapshot(), datasets: fromSchema('./parcels.schema.yaml') });
`,
    'retail/marketing/wrong.yaml':
      'workspace: retail/marketing/wrong\ngroups: { g: { read: [retail/sales/nothing.x] } }\n',
  };
  const source = testRepository();
  const base = source.commit(files);
  const orders = files['retail/sales/orders.ts'] ?? '';

  const changes: Readonly<Record<string, Edits>> = {
    'nothing of the model': { 'README.md': '# other\n' },
    'a column more': wider(files),
    'a dataset less, which nobody reads': withoutInvoices(files),
    'a dataset less, which is read': { 'retail/sales/orders.ts': orders.replace(/ {4}customers: .*\n/, '') },
    'a reader more': readingInvoices(files),
    'a file that others import': { 'retail/sales/shared.ts': shared.replaceAll('int32', 'int64') },
    'a file that others import, gone': { 'retail/sales/shared.ts': null },
    'data that an object names': { 'retail/sales/parcels.schema.yaml': schema.replace('note', 'remark') },
    'data that an object names, gone': { 'retail/sales/parcels.schema.yaml': null },
    'an object in another file': { 'retail/sales/orders.ts': null, 'elsewhere/orders.ts': orders },
    'an object twice': { 'elsewhere/orders.ts': orders },
    'a file that is no TypeScript': { 'retail/sales/orders.ts': `${orders}\nconst ;\n` },
    'a file that is no YAML': { 'retail/marketing/wrong.yaml': 'a: [\n' },
    'what was wrong, put right': { 'retail/marketing/wrong.yaml': null },
    'a word of the mesh': {
      'mesh.ts': (files['mesh.ts'] ?? '').replace(
        '  environments:',
        "  vendors: { own: ['eu/berlin'] },\n  environments:",
      ),
    },
    'a zone whose team is gone': {
      'retail/zone.ts': (files['retail/zone.ts'] ?? '').replace(/ {4}marketing: .*\n/, ''),
    },
    'an environment more': {
      'platform/test.ts': (files['platform/prod.ts'] ?? '').replace("environment('prod'", "environment('test'"),
    },
    'names that differ in case': { 'retail/sales/Orders.ts': 'export {};\n' },
    'no mesh': { 'mesh.ts': null },
  };
  let branches = 0;
  const branched = Object.entries(changes).map(([what, edits]) => {
    const name = `change-${++branches}`;
    source.branch(name, base, edits);
    return [what, name] as const;
  });
  const review = (head: string, kept: string) =>
    reviewed(
      { base: 'main', head, origin: ['github.com/acme/sales-data'], dir: source.root },
      { FREEHOLD_CACHE: kept },
    );

  test.each(branched)('says of %s what it says with nothing kept', async (_, name) => {
    const cold = told(await review(name, 'off'));
    expect(told(await review(name, cache))).toEqual(cold);
    expect(told(await review(name, cache))).toEqual(cold);
  });

  test('says the same when what was kept is damaged, anywhere', async () => {
    const [, name = ''] = branched[1] ?? [];
    const cold = told(await review(name, 'off'));
    for (const part of [0.02, 0.3, 0.6, 0.97]) {
      expect(told(await review(name, cache))).toEqual(cold);
      const all = filesBelow(cache);
      expect(all.length).toBeGreaterThan(0);
      for (const file of all) {
        const bytes = readFileSync(file);
        const at = Math.floor(bytes.length * part);
        bytes[at] = (bytes[at] ?? 0) ^ 0x41;
        writeFileSync(file, bytes);
      }
      expect(told(await review(name, cache))).toEqual(cold);
    }
  });

  test('gives up what is damaged alone', async () => {
    const [, name = ''] = branched[1] ?? [];
    const cold = told(await review(name, 'off'));
    expect(told(await review(name, cache))).toEqual(cold);
    const [objects = ''] = filesBelow(cache).filter((file) => file.endsWith('.objects'));
    const others = ['objects', 'judged'].map((part) => join(dirname(objects), `other.${part}`));
    for (const other of others) writeFileSync(other, 'of another state');
    const bytes = readFileSync(objects);
    // All records: its head and its lists are whole, so that it is met in the middle of the review.
    bytes.fill(0x41, 1024, bytes.length / 2);
    writeFileSync(objects, bytes);
    const { document } = await review(name, cache);
    expect(JSON.stringify(document)).toContain('cannot be relied on');
    expect(filesBelow(cache).sort()).toEqual(others.sort());
    expect(told(await review(name, cache))).toEqual(cold);
  });
});

/** All that a review says, but for when it said it; and notes of what was kept. */
function told({ status, error, found, document }: Reviewed): unknown {
  return { status, error, found, document: { ...document, asOf: null, notes: null } };
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}
