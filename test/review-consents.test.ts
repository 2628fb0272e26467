import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import picocolors from 'picocolors';
import { afterAll, expect, test } from 'vitest';
import { approveCommand } from '../src/cli/commands/approve.ts';
import type { Output } from '../src/cli/output.ts';
import { reviewedHere } from '../src/cli/review/here.ts';
import { testRepository, withoutGit } from '../src/git/testing/repository.ts';
import { company } from './support/company.ts';
import { reviewed } from './support/reviewed.ts';

const scratch = mkdtempSync(join(tmpdir(), 'freehold-consents-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const withoutKeys = spawnSync('ssh-keygen', ['-?']).error === undefined ? null : 'there is no program ssh-keygen';
if (withoutKeys !== null) console.warn(`left out: ${withoutKeys}`);

const quiet: Output = {
  json: true,
  color: picocolors.createColors(false),
  isColored: false,
  result: () => undefined,
  document: () => undefined,
  note: () => undefined,
  problem: () => undefined,
};

test.skipIf(withoutGit !== null || withoutKeys !== null)(
  'a column that readers use is narrowed with the consent of all whom it concerns, for this change only, and once',
  async () => {
    const [zone, team] = [key('zone'), key('marketing')];
    const files = company('github.com');
    const model = {
      ...files,
      'retail/zone.ts': (files['retail/zone.ts'] ?? '')
        .replace("zone('retail', {", `zone('retail', { signers: [{ key: '${zone.key}' }],`)
        .replace('marketing: {', `marketing: { signers: [{ key: '${team.key}' }],`),
      ...named(100),
    };
    const repository = testRepository();
    const { root: dir } = repository;
    const base = repository.commit(model);
    repository.branch('narrow', base, named(20));
    const origin = ['github.com/acme/sales-data'];
    const review = (from: string) => reviewed({ base: from, head: 'HEAD', origin, dir });

    const broken = await review('main');
    expect([broken.status, broken.document?.phase]).toEqual([1, 3]);
    const [finding] = broken.document?.findings ?? [];
    expect(finding?.address).toBe('retail/sales/orders.customers#name');
    expect(broken.text).toMatch(/retail\/marketing/);

    for (const { file } of [zone, team])
      await approveCommand(
        finding?.id ?? '',
        { dir, key: file },
        (use) => reviewedHere({ base: 'main', dir }, use, { FREEHOLD_CACHE: 'off' }),
        quiet,
      );
    const consented = repository.commit({});
    const passes = await review('main');
    expect([passes.status, passes.found, passes.document?.consents.length]).toEqual([0, [], 2]);

    repository.commit(named(10));
    expect((await review('main')).document?.phase).toBe(3);

    // Merged, taken back, and proposed again: the same statements do not count a second time.
    const back = repository.branch('back', consented, named(100));
    repository.branch('again', back, named(20));
    const again = await review(back);
    expect([again.status, again.document?.phase, again.document?.consents]).toEqual([1, 3, []]);
    expect(existsSync(join(dir, 'consents'))).toBe(true);
  },
);

function named(length: number): Record<string, string> {
  const text = company('github.com')['retail/sales/orders.ts'] ?? '';
  return {
    'retail/sales/orders.ts': text
      .replace('table, text }', 'table, varchar }')
      .replace('changes: cdc(),', 'changes: cdc(),\n  production: true,')
      .replace('name: text().nullable()', `name: varchar(${length}).nullable()`),
  };
}

function key(name: string): { readonly file: string; readonly key: string } {
  const file = join(scratch, name);
  spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file]);
  chmodSync(file, 0o600);
  return { file, key: readFileSync(`${file}.pub`, 'utf8').trim().split(' ').slice(0, 2).join(' ') };
}
