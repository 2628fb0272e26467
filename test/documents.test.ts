import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { testRepository, withoutGit } from '../src/git/testing/repository.ts';
import { company, wider } from './support/company.ts';
import { documentOf } from './support/documents.ts';
import { freehold, type Ran } from './support/freehold.ts';

const root = mkdtempSync(join(tmpdir(), 'freehold-documents-'));
// The embedded server's account must be able to enter it.
chmodSync(root, 0o755);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const verbs = [
  'init',
  'check',
  'policy',
  'review',
  'approve',
  'recover',
  'doctor',
  'plan',
  'apply',
  'run',
  'status',
  'query',
  'verify',
  'release',
  'quarantine',
  'resync',
  'erase',
  'pause',
  'resume',
  'explain',
  'import',
  'export',
  'demo',
];

describe('every verb', () => {
  test.concurrent.each(verbs)('%s has help with an example, and --json', async (verb) => {
    const { status, out } = await freehold([verb, '--help'], root);
    expect(status).toBe(0);
    expect(out).toMatch(new RegExp(`\\nExample:\\n  freehold ${verb}\\b`));
    expect(out).toContain('--json');
  });
});

describe('documents that need no database', () => {
  test('init, then check and explain of what it wrote', async () => {
    const written = documentOf(await succeeded(['init', 'new', '--json']), 'init');
    expect(written).toMatchObject({ root: join(root, 'new'), datasets: 0 });
    for (const file of Array.isArray(written.files) ? written.files : [])
      expect(existsSync(join(root, 'new', String(file)))).toBe(true);
    expect(documentOf(await succeeded(['check', 'new', '--json']), 'findings')).toMatchObject({
      counts: { errors: 0 },
    });
    expect(documentOf(await succeeded(['explain', 'keyless-dataset', '--json']), 'explain')).toMatchObject({
      rule: 'keyless-dataset',
    });
  });

  test('init in YAML, then check of what it wrote', async () => {
    const written = documentOf(await succeeded(['init', 'yaml', '--yaml', '--ci', 'none', '--json']), 'init');
    expect(written.files).toEqual([
      '.gitignore',
      'README.md',
      'environments/local.yaml',
      'main/insight/reporting.yaml',
      'main/operations/shop.yaml',
      'main/zone.yaml',
      'mesh.yaml',
    ]);
    expect(documentOf(await succeeded(['check', 'yaml', '--json']), 'findings')).toMatchObject({
      counts: { errors: 0, warnings: 0 },
    });
    // Not upon one that is there, in whatever form.
    for (const form of [[], ['--yaml']]) expect((await freehold(['init', 'yaml', ...form], root)).status).toBe(2);
  });

  test('tests of policies: one that passes, one that fails', async () => {
    await succeeded(['init', 'tested', '--ci', 'none', '--json']);
    writeFileSync(
      join(root, 'tested', 'lab.ts'),
      `import { approvers, classified, not, user, zone } from 'freehold';
       export default zone('lab', { teams: {}, policies: { 'nothing secret': not(classified('pii')) } });`,
    );
    const file = join(root, 'tested', 'policies.test.yaml');
    const test = (expect: string) =>
      `version: 1\nzone: lab\ntests:\n  - { name: personal data, rows: { labels: [pii] }, expect: ${expect} }\n`;
    writeFileSync(file, test('refused'));
    expect(documentOf(await succeeded(['policy', 'test', 'tested', '--json']), 'policy')).toMatchObject({
      passed: 1,
      failed: 0,
      tests: [{ verdict: 'refused', by: ['nothing secret'], passed: true, at: { line: 4 } }],
    });
    writeFileSync(file, test('allowed'));
    const ran = await freehold(['policy', 'test', 'tested', '--json'], root);
    expect(ran.status).toBe(1);
    expect(documentOf(ran, 'policy')).toMatchObject({
      passed: 0,
      failed: 1,
      findings: [{ rule: 'policy-test-failed' }],
    });
    writeFileSync(file, test('refused, by: nothing secrt'));
    expect(documentOf(await freehold(['policy', 'test', 'tested', '--json'], root), 'policy')).toMatchObject({
      findings: [
        {
          help: "Correct the policy, or what the test expects of it. Zone 'lab' has no policy 'nothing secrt'. Did you mean 'nothing secret'?",
        },
      ],
    });
  });

  test('a contract goes in and comes out', async () => {
    await succeeded(['init', 'contracts', '--json']);
    const file = fileURLToPath(new URL('odcs/v3.1.odcs.yaml', import.meta.url));
    const into = ['--as', 'main/operations/parcels', '--dir', 'contracts', '--json'];
    const { files } = documentOf(await succeeded(['import', 'odcs', file, ...into]), 'import');
    expect(files).toEqual(['main/operations/parcels.ts', 'main/operations/parcels.odcs.yaml']);
    const out = await succeeded(['export', 'odcs', 'main/operations/parcels', '--dir', 'contracts', '--json']);
    expect(documentOf(out, 'export').contracts).toMatchObject([
      { address: 'main/operations/parcels', file: null, document: { id: 'parcels', apiVersion: 'v3.1.0' } },
    ]);
  });

  test('a verb that findings block writes the findings, with status 1', async () => {
    await succeeded(['init', 'blocked', '--json']);
    writeFileSync(join(root, 'blocked', 'mesh.ts'), 'export default 1 +;\n');
    for (const verb of ['check', 'plan']) {
      const at = verb === 'check' ? ['blocked'] : ['--dir', 'blocked'];
      const ran = await freehold([verb, ...at, '--json'], root);
      expect(ran.status).toBe(1);
      expect(documentOf(ran, 'findings').digest).toBeNull();
    }
  });

  test.skipIf(withoutGit !== null)('review, of what may be made, what may not, and what cannot be judged', async () => {
    const files = company('github.com');
    const repository = testRepository();
    repository.branch('change', repository.commit(files), wider(files));
    const review = (...words: string[]) => freehold(['review', '--json', ...words], repository.root);
    for (const [status, origin] of [
      [0, 'github.com/acme/sales-data'],
      [1, 'github.com/acme/marketing'],
    ] as const) {
      const ran = await review('--base', 'main', '--head', 'change', '--origin', origin);
      expect(ran.status).toBe(status);
      expect(documentOf(ran, 'review').verdict).toBe(status === 0 ? 'pass' : 'blocked');
    }
    for (const words of [[], ['--base', 'nowhere'], ['--base', 'main', '--origin', 'sales']]) {
      const ran = await review(...words);
      expect([ran.status, ran.out], words.join(' ')).toEqual([2, expect.not.stringContaining('    at ')]);
      expect(documentOf(ran, 'error').error).not.toBe('');
    }
  });

  test.each([
    ['an unknown option', ['status', '--nonsense', '--json']],
    ['a directory that is not there', ['status', '--dir', 'nowhere', '--json']],
    ['a rule that is not there', ['explain', 'no-such-rule', '--json']],
    ['a verb that is not there', ['frobnicate', '--json']],
  ])('wrong use is a document too, with status 2: %s', async (_, arguments_) => {
    const ran = await freehold(arguments_, root);
    expect(ran.status).toBe(2);
    expect(documentOf(ran, 'error').error).not.toBe('');
  });
});

/** One story, since each verb opens the databases that the first one made. */
describe('the sample company', () => {
  const company = join(root, 'freehold-demo');

  test('moves in one demo, and goes on in a second; every verb between writes what its schema says', async () => {
    const first = documentOf(await succeeded(['demo', '--once', '--json']), 'demo');
    const rows = rowsOf(first);
    expect(rows.length).toBeGreaterThan(5);
    for (const { sourceRows, liveRows } of rows) expect(liveRows).toBe(sourceRows);
    expect(first.verify).toMatchObject({ differences: 0 });

    const file = join(root, 'plan.json');
    expect(documentOf(await asked('plan', '--out', file), 'plan').changes).toEqual([]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ version: 1, environment: 'local' });
    expect(documentOf(await asked('apply', file), 'apply')).toMatchObject({ applied: true, changes: [] });
    expect(documentOf(await asked('run', '--once'), 'run').once).toBe(true);
    const { streams } = documentOf(await asked('status'), 'status');
    expect(streams).toHaveLength(3);
    const everyKind = `select count(*) as n, 2::numeric / 3 as d, '\\x00ff'::bytea as b, 'NaN'::float8 as f from orders`;
    const answer = documentOf(await asked('query', 'insight/steering/cockpit.dashboard', everyKind), 'query');
    expect(answer.rows).toEqual([
      {
        n: String(rows.find((row) => row.address === 'retail/sales/shop.orders')?.sourceRows),
        d: '0.66666666666666666667',
        b: '\\x00ff',
        f: 'NaN',
      },
    ]);
    expect(documentOf(await asked('explain', 'retail/sales/shop'), 'explain').address).toBe('retail/sales/shop');
    expect(documentOf(await asked('verify', 'retail/catalogue/assortment'), 'verify')).toMatchObject({
      differences: 0,
    });

    const second = documentOf(await succeeded(['demo', '--once', '--json']), 'demo');
    expect(second.verify).toMatchObject({ differences: 0 });
    const before = new Map(rows.map((row) => [row.address, row]));
    for (const { address, sourceRows, liveRows, historyRows } of rowsOf(second)) {
      expect(liveRows).toBe(sourceRows);
      // Versions are never lost: a second load would have only the current ones.
      expect(historyRows).toBeGreaterThanOrEqual(before.get(address)?.historyRows ?? 0);
    }
    expect(total(rowsOf(second))).toBeGreaterThan(total(rows));
  }, 900_000);

  function asked(verb: string, ...arguments_: string[]): Promise<Ran> {
    return succeeded([verb, ...arguments_, '--json', '--dir', company]);
  }
});

async function succeeded(arguments_: readonly string[]): Promise<Ran> {
  const ran = await freehold(arguments_, root);
  expect(ran.status, `freehold ${arguments_.join(' ')}\n${ran.err}`).toBe(0);
  return ran;
}

type DatasetRows = { address: string; sourceRows: number; liveRows: number; historyRows: number };

function rowsOf(document: Record<string, unknown>): DatasetRows[] {
  const { datasets } = document;
  if (!Array.isArray(datasets)) throw new Error('the document has no datasets');
  return datasets;
}

function total(rows: readonly DatasetRows[]): number {
  return rows.reduce((sum, row) => sum + row.historyRows, 0);
}
