import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Edits, testRepository, withoutGit } from '../src/git/testing/repository.ts';
import { company, readingInvoices, wider, withoutInvoices } from './support/company.ts';
import { type Reviewed, reviewed } from './support/reviewed.ts';

const scratch = mkdtempSync(join(tmpdir(), 'freehold-review-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const sales = 'github.com/acme/sales-data';
const marketing = 'github.com/acme/marketing';

describe.skipIf(withoutGit !== null)('on a laptop', () => {
  const files = company('github.com');
  const source = testRepository();
  const base = source.commit(files);
  let branches = 0;
  const proposed = async (origin: string | readonly string[], ...edits: readonly Edits[]): Promise<Reviewed> => {
    const name = `proposal-${++branches}`;
    source.branch(name, base, ...edits);
    const origins = typeof origin === 'string' ? [origin] : origin;
    return reviewed({ base: 'main', head: name, origin: origins, dir: source.root });
  };

  test("marketing's change of a sales datastore is blocked: the line, the object, whose it is, what to do", async () => {
    const { status, text, document, found } = await proposed(marketing, wider(files));
    expect(status).toBe(1);
    expect(document).toMatchObject({
      verdict: 'blocked',
      phase: 2,
      mesh: 'acme',
      base: { commit: base },
      origin: { host: 'github.com', repository: { id: null, name: 'acme/marketing' }, isOfficial: false },
    });
    expect(found).toEqual([
      expect.stringMatching(/^not-the-owner retail\/sales\/orders\S* retail\/sales\/orders\.ts:7$/),
    ]);
    expect(text).toContain('unofficial');
    expect(text).toMatch(/--> retail\/sales\/orders\.ts:7:/);
    expect(text).toMatch(/github\.com acme\/sales-data/);
  });

  test('the same from the owner passes, and says what it changes', async () => {
    const { status, document, found, text } = await proposed(sales, wider(files));
    expect([status, found]).toEqual([0, []]);
    expect(document).toMatchObject({ verdict: 'pass', phase: null, steps: null });
    expect(document?.changes).toEqual([
      expect.objectContaining({ address: 'retail/sales/orders.customers#phone', before: null }),
    ]);
    expect(document?.head.digest).not.toBe(document?.base.digest);
    expect(text).toContain('pass');
  });

  test("moving an object to another file, or another's file, changes no verdict", async () => {
    const text = files['retail/sales/orders.ts'] ?? '';
    const moved = await proposed(marketing, { 'retail/sales/orders.ts': null, 'marketing/anywhere.ts': text });
    expect([moved.status, moved.document?.changes]).toEqual([0, []]);
    const changed = await proposed(marketing, {
      'retail/sales/orders.ts': null,
      'marketing/anywhere.ts': wider(files)['retail/sales/orders.ts'] ?? '',
    });
    expect([changed.status, changed.found]).toEqual([
      1,
      [expect.stringMatching(/^not-the-owner .* marketing\/anywhere\.ts:7$/)],
    ]);
  });

  test('what is not right is told first; what was wrong before blocks nobody and has its age', async () => {
    const wrong = await proposed(sales, {
      'retail/sales/orders.ts': (files['retail/sales/orders.ts'] ?? '').replace(
        "key: ['id'] }, { id: int32(), name",
        "key: ['idd'] }, { id: int32(), name",
      ),
    });
    expect([wrong.status, wrong.document?.phase]).toEqual([1, 1]);
    expect(wrong.found[0]).toMatch(/^unknown-key-column .* retail\/sales\/orders\.ts:7$/);

    const old = testRepository();
    const campaigns = (files['retail/marketing/campaigns.ts'] ?? '').replace('orders.customers', 'orders.clients');
    const at = old.commit(
      { ...files, 'retail/marketing/campaigns.ts': campaigns },
      { name: 'Old Hand', email: 'old@example.com' },
    );
    old.branch('change', at, wider(files));
    const inherits = await reviewed({ base: 'main', head: 'change', origin: [sales], dir: old.root });
    expect([inherits.status, inherits.found]).toEqual([0, []]);
    expect(inherits.document?.inherited).toEqual([
      expect.objectContaining({
        rule: 'unknown-dataset',
        owner: 'github.com acme/marketing',
        blame: { commit: at, author: 'Old Hand', at: '2026-03-01T12:00:00.000Z' },
      }),
    ]);
    expect(inherits.text).toContain('Old Hand');
  });

  test('a finding is as old as the last change of what it rests on: the line, or the policy that it breaks', async () => {
    const old = testRepository();
    old.commit(files);
    const zone = (files['retail/zone.ts'] ?? '')
      .replace('github, zone', 'github, named, zone')
      .replace('  teams: {', "  policies: { short: named('dataset', /[a-z]{1,8}/) },\n  teams: {");
    old.commit({ 'retail/zone.ts': zone }, { name: 'Zone Hand', email: 'zone@example.com' });
    old.git(
      '-c',
      'user.name=a',
      '-c',
      'user.email=a@example.com',
      'commit',
      '--amend',
      '--no-edit',
      '--quiet',
      '--date=2026-04-01T12:00:00Z',
    );
    const at = old.git('rev-parse', 'HEAD');
    const orders = files['retail/sales/orders.ts'] ?? '';
    old.branch('change', at, {
      'retail/sales/orders.ts': orders.replace('invoices: table(', 'invoices: table(/* a */'),
    });
    const { document } = await reviewed({ base: 'main', head: 'change', origin: [sales], dir: old.root });
    expect(document?.inherited).toEqual([
      expect.objectContaining({
        rule: 'policy-violation',
        address: 'retail/sales/orders.customers',
        blame: { commit: at, author: 'Zone Hand', at: '2026-04-01T12:00:00.000Z' },
      }),
    ]);
  });

  test('files that no object is made from belong to the owner of the mesh, and change no verdict on the rest', async () => {
    const others = {
      '.github/workflows/freehold.yml': 'on: pull_request\n',
      'package.json': '{"dependencies":{"freehold":"file:./mine"}}\n',
      '.npmrc': 'registry=https://evil.example\n',
      '.gitattributes': '* filter=evil merge=ours diff=evil\n',
      '.gitmodules': '[submodule "x"]\n\tpath = x\n\turl = https://evil.example\n',
      'node_modules/freehold/index.js': 'process.exit(0)\n',
      'README.md': '# mine\n',
      'retail/idle.ts': 'export const nothing = 1;\n',
      'a\n::error::b\u001b[2J.md': 'x',
    };
    const unowned = Object.keys(others).sort();
    const alone = await proposed(sales, others);
    const files_ = alone.document?.findings.filter(({ rule }) => rule === 'unowned-file') ?? [];
    expect([alone.status, alone.document?.phase, files_.map(({ at }) => at?.file ?? '').sort()]).toEqual([
      1,
      2,
      unowned,
    ]);
    expect(alone.text.includes('\u001b')).toBe(false);
    expect(alone.text).not.toMatch(/^::error::b/m);
    expect((await proposed(['github.com/user/11'], others)).status).toBe(0);
    const beside = await proposed(marketing, { ...others, ...wider(files) });
    const without = await proposed(marketing, wider(files));
    expect(beside.found.filter((one) => !/^(unowned-file|nothing-defined) /.test(one))).toEqual(without.found);
  });

  test('two changes that are right alone and wrong together are caught, whichever comes first', async () => {
    const [less, more] = [withoutInvoices(files), readingInvoices(files)];
    expect((await proposed(sales, less)).found).toEqual([]);
    expect((await proposed(marketing, more)).found).toEqual([]);
    for (const [first, second, origin] of [
      [less, more, marketing],
      [more, less, sales],
    ] as const) {
      const name = `together-${++branches}`;
      const merged = source.branch(`${name}-first`, base, first);
      source.branch(name, base, second);
      const { status, found } = await reviewed({ base: merged, head: name, origin: [origin], dir: source.root });
      expect([status, found.length > 0]).toEqual([1, true]);
    }
  });

  test('a conflict blocks, and names the files', async () => {
    const tip = source.branch('tip', base, { 'retail/sales/orders.ts': `// one\n${files['retail/sales/orders.ts']}` });
    source.branch('other', base, { 'retail/sales/orders.ts': `// two\n${files['retail/sales/orders.ts']}` });
    const { status, found, document } = await reviewed({ base: tip, head: 'other', origin: [sales], dir: source.root });
    expect([status, found]).toEqual([1, ['merge-conflict - retail/sales/orders.ts:1']]);
    expect(document?.head.tree).toBeNull();
  });

  test('the origin is that of the remote where none is typed; what is not committed is not judged, and said so', async () => {
    const clone = join(scratch, 'clone');
    source.git('clone', '--quiet', source.root, clone);
    source.git('-C', clone, 'remote', 'set-url', 'origin', 'git@github.com:acme/sales-data.git');
    source.git('-C', clone, 'checkout', '--quiet', '--detach', base);
    writeFileSync(join(clone, 'retail/sales/orders.ts'), wider(files)['retail/sales/orders.ts'] ?? '');
    writeFileSync(join(clone, 'new.ts'), 'x');
    const { status, document } = await reviewed({ base, dir: clone });
    expect([status, document?.changes, document?.notes]).toEqual([
      0,
      [],
      ['2 files differ from the last commit and are not judged. Commit first.'],
    ]);
    expect(document?.origin?.repository).toEqual({ id: null, name: 'acme/sales-data' });
    source.git('-C', clone, 'remote', 'remove', 'origin');
    const nobody = await reviewed({ base, dir: clone });
    expect([nobody.document?.origin, nobody.document?.notes[0]]).toEqual([
      { host: '', repository: null, approvers: [], isOfficial: false },
      expect.stringMatching(/comes from nobody.*--origin/),
    ]);
  });

  test('a model in a folder of a repository is judged from there; files beside it belong to the mesh', async () => {
    const mono = testRepository();
    const below = (edits: Record<string, string>) =>
      Object.fromEntries(Object.entries(edits).map(([path, text]) => [`data/mesh/${path}`, text]));
    const at = mono.commit({ ...below(files), 'app/main.c': 'int main;\n' });
    mono.branch('change', at, below(wider(files)));
    const dir = join(mono.root, 'data/mesh');
    const good = await reviewed({ base: 'main', head: 'change', origin: [sales], dir });
    expect([good.status, good.document?.changes.length]).toEqual([0, 1]);
    mono.branch('beside', at, { 'app/main.c': 'int other;\n' });
    const beside = await reviewed({ base: 'main', head: 'beside', origin: [sales], dir });
    expect(beside.found).toEqual(['unowned-file - ../../app/main.c:1']);
    const tip = mono.branch('tip', at, below({ 'retail/zone.ts': '// one\n' }));
    mono.branch('conflict', at, below({ 'retail/zone.ts': '// two\n' }));
    const conflict = await reviewed({ base: tip, head: 'conflict', origin: [sales], dir });
    expect(conflict.found).toEqual(['merge-conflict - retail/zone.ts:1']);
    const bare = join(scratch, 'bare.git');
    source.git('clone', '--quiet', '--bare', source.root, bare);
    expect((await reviewed({ base, head: base, origin: [sales], dir: bare })).status).toBe(0);
  });
});

describe.skipIf(withoutGit !== null)('a base that cannot be read', () => {
  const files = company('github.com');
  const broken = { ...files, 'retail/sales/orders.ts': 'export default 1 +;\n' };
  const source = testRepository();
  const base = source.commit(broken);
  const mend = { 'retail/sales/orders.ts': files['retail/sales/orders.ts'] ?? '' };
  source.branch('mend', base, mend);
  source.branch('more', base, { ...mend, ...readingInvoices(files) });
  source.branch('worse', base, { 'retail/sales/orders.ts': 'export default 2 +;\n' });
  const owner = ['github.com/user/11'];

  test.each([
    ['mend', owner, 0, []],
    ['mend', [sales], 1, ['unreadable-base - retail/sales/orders.ts:1']],
    ['more', owner, 1, ['unreadable-base - retail/sales/orders.ts:1']],
    ['worse', owner, 1, ['syntax-error - retail/sales/orders.ts:1']],
  ])('%s by %s ends with %s', async (head, origin, status, found) => {
    const got = await reviewed({ base: 'main', head, origin, dir: source.root });
    expect([got.status, got.found]).toEqual([status, found]);
  });

  test('and has no mesh is for --bootstrap alone, which is for nothing else', async () => {
    const empty = testRepository();
    const first = empty.commit({ 'README.md': 'new' });
    empty.branch('model', first, files);
    const dir = empty.root;
    const refused = await reviewed({ base: 'main', head: 'model', origin: owner, dir });
    expect([refused.status, refused.found, refused.document?.findings[0]?.help]).toEqual([
      1,
      ['no-base-mesh - -'],
      expect.stringMatching(/another folder .* --dir .* --bootstrap/),
    ]);
    const brought = await reviewed({ base: 'main', head: 'model', origin: owner, dir, bootstrap: true });
    expect([brought.status, brought.found, brought.document?.mesh]).toEqual([0, [], 'acme']);
    const again = await reviewed({ base: 'model', head: 'model', origin: owner, dir, bootstrap: true });
    expect([again.status, again.error]).toEqual([2, expect.stringMatching(/has the mesh 'acme' already/)]);
  });
});

describe.skipIf(withoutGit !== null)('what cannot be used has a status that is never 0, and says what to do', () => {
  const files = company('github.com');
  const source = testRepository();
  source.commit(files);

  test.each<[string, Parameters<typeof reviewed>[0], number, RegExp]>([
    ['a base that is not there', { base: 'mian' }, 2, /--base 'mian' is no branch.*Did you mean 'main'/],
    ['a head that is not there', { base: 'main', head: 'x' }, 2, /--head 'x' is no branch/],
    ['an option as a ref', { base: '--upload-pack=touch x' }, 2, /is no branch, tag or commit/],
    ['an origin that is none', { base: 'main', origin: ['sales'] }, 2, /--origin is a repository, such as/],
    ['a directory that is not there', { base: 'main', dir: join(scratch, 'nowhere') }, 2, /There is no directory/],
    ['no repository', { base: 'main', dir: scratch }, 2, /is in no Git repository/],
  ])('%s', async (_, options, status, said) => {
    const got = await reviewed({ dir: source.root, ...options });
    expect([got.status, got.error, got.document]).toEqual([status, expect.stringMatching(said), null]);
  });

  test('a clone that is too shallow', async () => {
    const clone = join(scratch, 'shallow');
    source.branch('side', 'main', wider(files));
    source.git('checkout', '--quiet', 'main');
    source.commit({ 'README.md': '# on' });
    source.git('clone', '--quiet', '--no-single-branch', '--depth=1', `file://${source.root}`, clone);
    const got = await reviewed({ base: 'main', head: 'origin/side', dir: clone });
    expect([got.status, got.error]).toEqual([2, expect.stringMatching(/shallow.*fetch-depth: 0/)]);
  });

  test('links, submodules and names that collide are findings of head', async () => {
    source.git('checkout', '--quiet', '-b', 'odd', 'main');
    const blob = source.git('rev-parse', 'main:README.md');
    const index = (mode: string, id: string, path: string) =>
      source.git('update-index', '--add', '--cacheinfo', `${mode},${id},${path}`);
    index('120000', blob, 'retail/link.ts');
    index('160000', source.git('rev-parse', 'main'), 'retail/module');
    index('100644', source.git('rev-parse', 'main:mesh.ts'), 'MESH.ts');
    source.git('-c', 'user.name=x', '-c', 'user.email=x@y', 'commit', '--quiet', '-m', 'odd');
    const got = await reviewed({ base: 'main', head: 'odd', origin: ['github.com/user/11'], dir: source.root });
    expect(got.status).toBe(1);
    expect(got.found.filter((one) => one.startsWith('unreadable-file')).sort()).toEqual([
      'unreadable-file - mesh.ts:1',
      'unreadable-file - retail/link.ts:1',
      'unreadable-file - retail/module:1',
    ]);
  });
});
