import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import picocolors from 'picocolors';
import { afterAll, describe, expect, test } from 'vitest';
import { type ApproveOptions, approveCommand, type Reviews } from '../src/cli/commands/approve.ts';
import type { Output } from '../src/cli/output.ts';
import { reviewedHere } from '../src/cli/review/here.ts';
import { testRepository, withoutGit } from '../src/git/testing/repository.ts';
import { company } from './support/company.ts';
import { type Reviewed, reviewed } from './support/reviewed.ts';

const withoutKeys = spawnSync('ssh-keygen', ['-?']).error === undefined ? null : 'there is no ssh-keygen';
if (withoutKeys !== null) console.warn(`left out: ${withoutKeys}`);

const keys = mkdtempSync(join(tmpdir(), 'freehold-signers-'));
afterAll(() => rmSync(keys, { recursive: true, force: true }));

describe.skipIf(withoutGit !== null || withoutKeys !== null)('a producer narrows a column that others read', () => {
  const [zone, marketing] = [made('zone'), made('marketing')];
  const files = {
    ...company('github.com'),
    'retail/sales/orders.ts': narrowed(40),
    'retail/zone.ts': `import { github, zone } from 'freehold';

export default zone('retail', {
  signers: [{ key: '${zone}' }],
  teams: {
    sales: { owner: github('acme/sales-data', { id: 48213 }) },
    marketing: { owner: github('acme/marketing', { id: 50001 }), signers: [{ key: '${marketing}' }] },
  },
});
`,
  };
  const repository = testRepository();
  const base = repository.commit(files);

  test('it is blocked, passes with what approve signs, not after one more edit, and not a second time', async () => {
    repository.branch('change', base, { 'retail/sales/orders.ts': narrowed(20) });
    const blocked = await ofSales();
    expect([blocked.status, blocked.document?.phase]).toEqual([1, 3]);
    expect(blocked.found).toEqual(['column-narrowed retail/sales/orders.customers#name retail/sales/orders.ts:8']);
    const id = blocked.document?.findings[0]?.id ?? '';

    const signed = [await approved(id, 'zone'), await approved(id, 'marketing')];
    const consents = Object.fromEntries(
      signed.map((path) => [path, readFileSync(join(repository.root, path), 'utf8')]),
    );
    repository.commit({});
    const passes = await ofSales();
    expect([passes.status, passes.found]).toEqual([0, []]);
    expect(passes.document?.consents).toEqual(signed.toSorted());
    const accepted = repository.git('rev-parse', 'HEAD');

    repository.commit({ 'retail/sales/orders.ts': narrowed(19) });
    const edited = await ofSales();
    expect(edited.status).toBe(1);
    expect(edited.document?.findings[0]?.help).toContain('One more edit needs one more consent');

    // Merged, taken back, and tried again with the same files.
    repository.git('checkout', '--quiet', 'main');
    repository.git('reset', '--quiet', '--hard', accepted);
    const back = repository.commit({ 'retail/sales/orders.ts': narrowed(40) });
    repository.branch('again', back, { 'retail/sales/orders.ts': narrowed(20), ...consents });
    const again = await ofSales();
    expect(again.status).toBe(1);
    expect(again.document?.findings[0]?.help).toContain('it counts once, and base has it already');
    repository.branch('cleared', back, Object.fromEntries(signed.map((path) => [path, null])));
    expect((await ofSales()).found).toEqual(['consent-removed - -', 'consent-removed - -']);
  }, 300_000);

  const ofSales = (): Promise<Reviewed> =>
    reviewed({ base: 'main', head: 'HEAD', origin: ['github.com/acme/sales-data'], dir: repository.root });

  /** Signs as one of the parties; the path of the file. */
  async function approved(id: string, signer: string): Promise<string> {
    const options: ApproveOptions = { dir: repository.root, key: join(keys, signer), reason: 'agreed' };
    let file = '';
    const output: Output = {
      json: true,
      color: picocolors.createColors(false),
      isColored: false,
      result: () => undefined,
      document: (value) => {
        const said: { file: string } = JSON.parse(JSON.stringify(value));
        file = said.file;
      },
      note: () => undefined,
      problem: () => undefined,
    };
    const here: Reviews = (use) =>
      reviewedHere({ base: 'main', dir: repository.root }, use, { FREEHOLD_CACHE: join(keys, 'kept') });
    expect(await approveCommand(id, options, here, output)).toBe(0);
    return file;
  }
});

function made(name: string): string {
  if (withoutKeys !== null) return '';
  spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(keys, name)]);
  return readFileSync(join(keys, `${name}.pub`), 'utf8')
    .trim()
    .split(' ')
    .slice(0, 2)
    .join(' ');
}

function narrowed(length: number): string {
  return `import { cdc, datastore, int32, table, varchar } from 'freehold';

export default datastore('retail/sales/orders', {
  source: 'shop',
  changes: cdc(),
  production: true,
  datasets: {
    customers: table({ key: ['id'] }, { id: int32(), name: varchar(${length}).nullable() }),
  },
});
`;
}
