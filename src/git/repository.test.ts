import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { blameOf } from './blame.ts';
import { blobsOf } from './blobs.ts';
import { remoteAddress, uncommitted } from './clone.ts';
import { commit, commitNamed, stepsBetween } from './commits.ts';
import { merge } from './merge.ts';
import { openRepository } from './repository.ts';
import { repositoryAt, type TestRepository, testRepository, withoutGit } from './testing/repository.ts';
import { changed, changesBetween, filesOf } from './tree.ts';

const scratch = mkdtempSync(join(tmpdir(), 'freehold-git-test-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.skipIf(withoutGit !== null).each(['sha1', 'sha256'] as const)('a repository of %s', (format) => {
  test('gives files of a commit by path, whatever they are called, and what they hold', async () => {
    const source = testRepository({ format });
    const odd = [
      'a b.ts',
      '-rf.ts',
      'new\nline.ts',
      '*.ts',
      'ü/☃.ts',
      'quo\'te".ts',
      'tab\t.ts',
      ':(top)x.ts',
      'back\\slash.ts',
    ];
    source.commit(Object.fromEntries(odd.map((name) => [name, `// ${name}`])));
    await using repository = await openRepository(source.root);
    const { tree } = await commitNamed(repository, 'main', '--base');
    const files = await filesOf(repository, tree);
    expect(new Set(files.keys())).toEqual(new Set(odd));
    const blobs = await blobsOf(
      repository,
      [...files.values()].map(({ id }) => id),
      1000,
    );
    expect([...files].map(([path, { id }]) => [path, blobs.get(id)?.toString()])).toEqual(
      [...files.keys()].map((name) => [name, `// ${name}`]),
    );
  });

  test('gives what differs between two trees, and with it the files of the second', async () => {
    const source = testRepository({ format });
    const first = source.commit({ 'a/one.ts': '1', 'a/two.ts': '2', 'three.ts': '3' });
    const second = source.commit({
      'a/one.ts': '1 and more',
      'a/two.ts': null,
      'three.ts': null,
      'three.ts/four.ts': '4',
    });
    await using repository = await openRepository(source.root);
    const [before, after] = [await commit(repository, first), await commit(repository, second)];
    const changes = await changesBetween(repository, before.tree, after.tree);
    expect(changes.map(({ path, before: b, after: a }) => `${b ? '-' : ' '}${a ? '+' : ' '} ${path}`).sort()).toEqual([
      ' + three.ts/four.ts',
      '-  a/two.ts',
      '-  three.ts',
      '-+ a/one.ts',
    ]);
    expect(changed(await filesOf(repository, before.tree), changes)).toEqual(await filesOf(repository, after.tree));
  });
});

describe.skipIf(withoutGit !== null)('merging', () => {
  const source = withoutGit === null ? testRepository() : none();
  const base = withoutGit === null ? source.commit({ 'a.ts': 'a\n', 'b.ts': 'b\n' }) : '';

  test('gives the tree that would stand on the branch, and leaves the repository as it is', async () => {
    const side = source.branch('side', base, { 'c.ts': 'c\n' });
    source.git('checkout', '--quiet', 'main');
    const tip = source.commit({ 'a.ts': 'A\n' });
    const objects = () => readdirSync(join(source.root, '.git/objects'), { recursive: true }).length;
    const before = objects();
    await using repository = await openRepository(source.root);
    const merged = await merge(repository, await commit(repository, tip), await commit(repository, side));
    if (merged.kind !== 'tree') throw new Error(merged.kind);
    const files = await filesOf(repository, merged.tree);
    const blobs = await blobsOf(
      repository,
      [...files.values()].map(({ id }) => id),
      1000,
    );
    expect([...files].map(([path, { id }]) => `${path} ${String(blobs.get(id))}`)).toEqual([
      'a.ts A\n',
      'b.ts b\n',
      'c.ts c\n',
    ]);
    expect(objects()).toBe(before);
    expect(source.git('status', '--porcelain')).toBe('');
  });

  test('names the files that conflict; no driver or attribute of the repository settles them, or runs', async () => {
    const ran = join(scratch, 'driver-ran');
    const odd = testRepository();
    const first = odd.commit({ 'a\nb.ts': '1\n', '.gitattributes': '*.ts merge=mine\n' });
    const side = odd.branch('side', first, { 'a\nb.ts': '2\n' });
    const tip = odd.branch('other', first, { 'a\nb.ts': '3\n' });
    odd.git('config', 'merge.mine.driver', `touch ${ran}; true`);
    await using repository = await openRepository(odd.root);
    expect(await merge(repository, await commit(repository, tip), await commit(repository, side))).toEqual({
      kind: 'conflict',
      files: ['a\nb.ts'],
    });
    expect(existsSync(ran)).toBe(false);
  });

  test('of what has no commit in common is told apart from a clone that is too shallow to know', async () => {
    source.git('checkout', '--quiet', '--orphan', 'lonely');
    const lonely = source.commit({ 'z.ts': 'z' });
    source.git('checkout', '--quiet', '-f', 'main');
    await using repository = await openRepository(source.root);
    expect(await merge(repository, await commit(repository, base), await commit(repository, lonely))).toEqual({
      kind: 'unrelated',
    });
    const clone = join(scratch, 'shallow');
    source.git('clone', '--quiet', '--no-single-branch', '--depth=1', `file://${source.root}`, clone);
    await using shallow = await openRepository(clone);
    const [tip, side] = [
      await commitNamed(shallow, 'main', '--base'),
      await commitNamed(shallow, 'origin/side', '--head'),
    ];
    await expect(merge(shallow, tip, side)).rejects.toThrow(/fetch-depth: 0/);
  });

  test('of a commit into the one it comes from needs no history', async () => {
    await using repository = await openRepository(source.root);
    const [tip, first] = [await commitNamed(repository, 'main', '--base'), await commit(repository, base)];
    expect(await merge(repository, first, tip)).toEqual({ kind: 'tree', tree: tip.tree });
    expect(await merge(repository, tip, first)).toEqual({ kind: 'tree', tree: tip.tree });
  });
});

describe.skipIf(withoutGit !== null)('what cannot be used', () => {
  const source = withoutGit === null ? testRepository() : none();
  if (withoutGit === null) source.commit({ 'a.ts': 'a' });

  test('is told with what to do: no repository, no commit, a ref that is not there', async () => {
    const nowhere = mkdtempSync(join(scratch, 'nowhere-'));
    await expect(openRepository(nowhere)).rejects.toThrow(/is in no Git repository.*clone of the model's repository/);
    const empty = testRepository();
    await using unborn = await openRepository(empty.root);
    await expect(commitNamed(unborn, 'HEAD', '--head')).rejects.toThrow(/no commit yet/);
    await using repository = await openRepository(source.root);
    await expect(commitNamed(repository, 'mian', '--base')).rejects.toThrow(
      /Did you mean 'main'\? .*git fetch origin mian/,
    );
    for (const further of ['main~5', 'main@{3}', '--exec=touch x'])
      await expect(commitNamed(repository, further, '--base')).rejects.toThrow(/clone\..*git fetch --unshallow$/);
    source.git('update-ref', 'refs/remotes/origin/release', 'HEAD');
    await expect(commitNamed(repository, 'release', '--base')).rejects.toThrow(/Write {2}--base origin\/release/);
  });

  test('is never an option, a path or a second thing: hostile names of refs', async () => {
    await using repository = await openRepository(source.root);
    for (const name of ['--output=/tmp/x', '-rf', '--exec=touch x', 'main:a.ts', '$(touch x)', '\u001b[2J', 'a\nb', ''])
      await expect(commitNamed(repository, name, '--base'), name).rejects.toThrow(/is no branch, tag or commit/);
    source.git('update-ref', 'refs/heads/-rf', 'HEAD');
    expect((await commitNamed(repository, 'refs/heads/-rf', '--base')).id).toBe(source.git('rev-parse', 'main'));
    source.git('tag', 'main');
    await expect(commitNamed(repository, 'main', '--base')).rejects.toThrow(
      /names 2 things: refs\/heads\/main, refs\/tags\/main/,
    );
    source.git('tag', '-d', 'main');
  });

  test('a partial clone says that objects are missing, and fetches none', async () => {
    const upstream = testRepository();
    upstream.commit({ 'a.ts': 'a' });
    upstream.git('config', 'uploadpack.allowFilter', 'true');
    const clone = join(scratch, 'partial');
    upstream.git('clone', '--quiet', '--filter=blob:none', '--no-checkout', `file://${upstream.root}`, clone);
    await using repository = await openRepository(clone);
    const files = await filesOf(repository, (await commitNamed(repository, 'HEAD', '--head')).tree);
    await expect(blobsOf(repository, [files.get('a.ts')?.id ?? ''], 1000)).rejects.toThrow(/partial.*--filter/);
  });
});

test.skipIf(withoutGit !== null)('nothing that a repository configures runs', async () => {
  const ran = join(scratch, 'ran');
  const source = testRepository();
  const program = join(scratch, 'program.sh');
  writeFileSync(program, `#!/bin/sh\necho "$0 $*" >> ${ran}\n`);
  chmodSync(program, 0o755);
  const first = source.commit({ 'a.ts': 'a', '.gitattributes': '* filter=evil diff=evil merge=evil text\n' });
  const side = source.branch('side', first, { 'a.ts': 'b' });
  for (const [name, value] of [
    ['core.fsmonitor', program],
    ['core.hooksPath', scratch],
    ['core.pager', program],
    ['core.sshCommand', program],
    ['core.gitProxy', program],
    ['diff.external', program],
    ['diff.evil.textconv', program],
    ['diff.evil.command', program],
    ['filter.evil.smudge', program],
    ['filter.evil.clean', program],
    ['filter.evil.process', program],
    ['merge.evil.driver', program],
    ['credential.helper', program],
    ['gpg.program', program],
    ['remote.origin.url', `ext::${program}`],
    ['protocol.ext.allow', 'always'],
    ['alias.rev-parse', `!${program}`],
    ['alias.blame', `!${program}`],
  ] as const)
    source.git('config', name, value);
  mkdirSync(join(source.root, '.git/hooks'), { recursive: true });
  symlinkSync(program, join(source.root, '.git/hooks/post-checkout'));
  rmSync(ran, { force: true });
  await using repository = await openRepository(source.root);
  const [base, head] = [await commit(repository, first), await commitNamed(repository, 'side', '--head')];
  await merge(repository, base, head);
  await changesBetween(repository, base.tree, head.tree);
  await blobsOf(
    repository,
    [...(await filesOf(repository, head.tree)).values()].map(({ id }) => id),
    1000,
  );
  expect(await blameOf(repository, side, 'a.ts', 1)).toEqual({
    commit: side,
    author: 'Ana',
    at: '2026-03-01T12:00:00.000Z',
  });
  writeFileSync(join(source.root, 'a.ts'), 'not committed');
  expect([await uncommitted(repository), await remoteAddress(repository)]).toEqual([1, `ext::${program}`]);
  expect(existsSync(ran)).toBe(false);
});

test.each([
  ['none', null, /The program git cannot be started.*Install git 2\.38 or newer/],
  [
    'an old one',
    'git version 2.37.9 (Some Distribution)',
    /This is git version 2\.37\.9.*cannot merge without a work tree\. Install git 2\.38/,
  ],
])('a machine with %s is told which git is needed', async (_, version, said) => {
  const programs = mkdtempSync(join(scratch, 'programs-'));
  if (version !== null) {
    writeFileSync(join(programs, 'git'), `#!/bin/sh\necho '${version}'\n`);
    chmodSync(join(programs, 'git'), 0o755);
  }
  const path = process.env.PATH;
  process.env.PATH = programs;
  try {
    await expect(openRepository(scratch)).rejects.toMatchObject({
      kind: 'world',
      message: expect.stringMatching(said),
    });
  } finally {
    process.env.PATH = path;
  }
});

test.skipIf(withoutGit !== null)('objects that a replacement stands for are read as they are', async () => {
  const source = testRepository();
  const first = source.commit({ 'a.ts': 'honest' });
  const other = source.branch('other', first, { 'a.ts': 'false' });
  source.git('replace', first, other);
  await using repository = await openRepository(source.root);
  const { id } = (await filesOf(repository, (await commit(repository, first)).tree)).get('a.ts') ?? { id: '' };
  expect(String((await blobsOf(repository, [id], 100)).get(id))).toBe('honest');
});

test.skipIf(withoutGit !== null)(
  'a bare repository, a linked work tree and a detached head are as good as any',
  async () => {
    const source = testRepository();
    const id = source.commit({ 'models/a.ts': 'a' });
    const bare = join(scratch, 'bare.git');
    source.git('clone', '--quiet', '--bare', source.root, bare);
    source.git('worktree', 'add', '--quiet', '--detach', join(scratch, 'linked'), id);
    for (const [at, prefix] of [
      [bare, ''],
      [join(scratch, 'linked', 'models'), 'models/'],
      [join(source.root, 'models'), 'models/'],
    ] as const) {
      await using repository = await openRepository(at);
      expect([(await commitNamed(repository, 'HEAD', '--head')).id, repository.prefix]).toEqual([id, prefix]);
    }
  },
);

test.skipIf(withoutGit !== null)('a tree that unfolds without end is given up on', async () => {
  const source = testRepository();
  const bomb = (content: string) => {
    let id = gitInput(source, ['hash-object', '-w', '--stdin'], content);
    let kind = '100644 blob';
    for (let depth = 0; depth < 9; depth++) {
      const lines = Array.from({ length: 10 }, (_, i) => `${kind} ${id}\t${'f'.repeat(40)}${i}\n`).join('');
      id = gitInput(source, ['mktree'], lines);
      kind = '040000 tree';
    }
    return id;
  };
  const tree = bomb('x');
  await using repository = await openRepository(source.root);
  await expect(filesOf(repository, tree)).rejects.toThrow(/larger than any model's/);
});

test.skipIf(withoutGit !== null)('the steps of a branch are its first parents, oldest first', async () => {
  const source = testRepository();
  const first = source.commit({ 'a.ts': '1' });
  const side = source.branch('side', first, { 'b.ts': '1' });
  source.git('checkout', '--quiet', 'main');
  const second = source.commit({ 'a.ts': '2' });
  source.git('-c', 'user.name=x', '-c', 'user.email=x@y', 'merge', '--quiet', '--no-ff', '-m', 'merge', side);
  const third = source.git('rev-parse', 'HEAD');
  await using repository = await openRepository(source.root);
  expect(await stepsBetween(repository, first, third)).toEqual([second, third]);
  expect(await stepsBetween(repository, side, third)).toBeNull();
  expect(await stepsBetween(repository, third, third)).toEqual([]);
});

function gitInput(source: TestRepository, words: string[], input: string): string {
  const file = join(scratch, 'input');
  writeFileSync(file, input);
  return source.git('-c', `alias.feed=!f() { git ${words.join(' ')} < '${file}'; }; f`, 'feed');
}

function none(): TestRepository {
  return repositoryAt(scratch);
}
