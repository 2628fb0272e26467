import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
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
    bytes.fill(0x41, 1024, Math.floor(bytes.length / 2));
    writeFileSync(objects, bytes);
    const { document } = await review(name, cache);
    expect(JSON.stringify(document)).toContain('cannot be relied on');
    expect(filesBelow(cache).sort()).toEqual(others.sort());
    expect(told(await review(name, cache))).toEqual(cold);
  });
});

/**
 * A base is rarely all right. Somebody else's file that cannot be read, or an object that two files define, is kept as
 * what it came to, so that a review of anything else costs no more than it does over a base that is whole.
 */
describe.skipIf(withoutGit !== null)('a review over what was kept of a base that is not whole', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'freehold-kept-'));
  afterAll(() => rmSync(cache, { recursive: true, force: true }));
  const files: Readonly<Record<string, string>> = company('github.com');
  const mesh = files['mesh.ts'] ?? '';
  const source = testRepository();
  const whole = source.commit(files);
  const orders = files['retail/sales/orders.ts'] ?? '';
  const campaigns = files['retail/marketing/campaigns.ts'] ?? '';
  const noText = Buffer.from([0xff, 0xfe, 0x00]);

  const bases: Readonly<Record<string, Edits>> = {
    'a file that is no TypeScript': { 'retail/sales/orders.ts': `${orders}\nconst ;\n` },
    'an object twice': { 'elsewhere/orders.ts': orders },
    'an object twice in one file': {
      'retail/sales/orders.ts': orders
        .replace('export default datastore(', 'export const one = datastore(')
        .concat(
          "export const other = datastore('retail/sales/orders', { source: 'shop', changes: cdc(), datasets: {} });\n",
        ),
    },
    'a file that is no text': { 'retail/sales/orders.ts': noText },
    'data that is no text': { 'retail/sales/parcels.schema.yaml': noText },
    'names that are one on some machines': { 'retail/sales/Orders.ts': 'export {};\n' },
    'a mesh that cannot be read': { 'mesh.ts': `${mesh}\nconst ;\n` },
    'no mesh': { 'mesh.ts': null },
  };
  const heads: Readonly<Record<string, Edits>> = {
    'nothing of the model': { 'README.md': '# other\n' },
    'something of another team': { 'retail/marketing/campaigns.ts': `${campaigns}\n` },
    'a file more': { 'retail/marketing/other.ts': campaigns.replace('/campaigns', '/other') },
    'what was wrong, put right': {
      'mesh.ts': mesh,
      'retail/sales/orders.ts': orders,
      'elsewhere/orders.ts': '',
      'retail/sales/Orders.ts': '',
      'retail/sales/parcels.schema.yaml': '',
    },
  };
  const cases = Object.entries(bases).flatMap(([base, edits], index) => {
    const from = source.branch(`base-${index}`, whole, edits);
    return Object.entries(heads).map(([head, changed], number) => {
      const right = Object.entries(changed).map(([path, text]) => [path, text === '' ? null : text] as const);
      // What was not there is not taken away.
      const there = right.filter(([path, text]) => text !== null || path in edits);
      source.branch(`head-${index}-${number}`, from, Object.fromEntries(there));
      return [base, head, `base-${index}`, `head-${index}-${number}`] as const;
    });
  });
  const review = (base: string, head: string, origin: string, kept: string) =>
    reviewed({ base, head, origin: [origin], dir: source.root }, { FREEHOLD_CACHE: kept });

  test.each(cases)('that has %s, of %s, is the same', async (_, __, base, head) => {
    for (const origin of ['github.com/user/11', 'github.com/acme/marketing']) {
      const cold = told(await review(base, head, origin, 'off'));
      expect(told(await review(base, head, origin, join(cache, base)))).toEqual(cold);
    }
    expect(filesBelow(join(cache, base)).map((file) => file.replace(/.*\./, ''))).toEqual(['judged', 'objects']);
  });

  test('a link more in base, and in head', async () => {
    source.git('checkout', '--quiet', '-b', 'linked', whole);
    symlinkSync('mesh.ts', join(source.root, 'other.ts'));
    const base = source.commit({});
    source.branch('linked-too', base, { 'README.md': '# other\n' });
    symlinkSync('mesh.ts', join(source.root, 'retail', 'link'));
    source.commit({});
    source.git('checkout', '--quiet', '-b', 'unlinked', 'linked');
    source.commit({ 'other.ts': null });
    for (const [from, head] of [
      ['linked', 'linked-too'],
      ['linked', 'unlinked'],
      ['main', 'linked-too'],
    ] as const) {
      const cold = told(await review(from, head, 'github.com/user/11', 'off'));
      expect(told(await review(from, head, 'github.com/user/11', cache)), head).toEqual(cold);
      expect(told(await review(from, head, 'github.com/user/11', cache)), head).toEqual(cold);
    }
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
