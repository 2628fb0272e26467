import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { harmless } from '../findings/harmless.ts';
import { GitError } from './error.ts';
import { git, neededVersion } from './run.ts';

/**
 * A repository, read as objects and never written. Refs are asked of the repository itself; all else happens in the
 * *workshop*: an empty bare repository of ours that borrows its objects. It has no configuration, hooks, attributes,
 * filters, drivers or remotes, and takes the objects that merging makes; it is removed in the end.
 */
export type Repository = {
  /** The directory that it was found from. */
  readonly at: string;
  readonly workshop: string;
  /** Where `at` is below the top of the work tree: `models/`, or empty. */
  readonly prefix: string;
  readonly isBare: boolean;
  /** Commits whose parents were not fetched. */
  readonly shallow: ReadonlySet<string>;
} & AsyncDisposable;

/** Errors: GitError where there is no repository, or no git that can merge without a work tree. */
export async function openRepository(at: string): Promise<Repository> {
  await mustBeNewEnough(at);
  const ask = async (...words: string[]) => withoutNewline((await git(['rev-parse', ...words], { at })).out);
  const format = await ask('--show-object-format').catch((error: unknown) => {
    throw noRepository(at, error);
  });
  const [bare, objects, shallowFile] = await Promise.all([
    ask('--is-bare-repository'),
    ask('--path-format=absolute', '--git-path', 'objects'),
    ask('--path-format=absolute', '--git-path', 'shallow'),
  ]);
  const isBare = bare === 'true';
  const prefix = isBare ? '' : await ask('--show-prefix');
  const workshop = await mkdtemp(join(tmpdir(), 'freehold-git-'));
  try {
    await git(['init', '--bare', '--quiet', '--template=', `--object-format=${format}`, '.'], { at: workshop });
    await writeFile(join(workshop, 'objects', 'info', 'alternates'), `${quoted(objects)}\n`);
    const isShallow = await stat(shallowFile).then(
      () => true,
      () => false,
    );
    if (isShallow) await copyFile(shallowFile, join(workshop, 'shallow'));
    return {
      at,
      workshop,
      prefix,
      isBare,
      shallow: isShallow ? await linesOf(join(workshop, 'shallow')) : new Set(),
      [Symbol.asyncDispose]: () => removed(workshop),
    };
  } catch (error) {
    await removed(workshop);
    throw error;
  }
}

async function mustBeNewEnough(at: string): Promise<void> {
  const { out } = await git(['version'], { at });
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(out.toString('utf8')) ?? [];
  const [needMajor, needMinor] = neededVersion;
  if (Number(major) > needMajor || (Number(major) === needMajor && Number(minor) >= needMinor)) return;
  throw new GitError(
    'world',
    `This is ${harmless(withoutNewline(out))}, which cannot merge without a work tree. Install git ${neededVersion.join('.')} or newer.`,
  );
}

function noRepository(at: string, cause: unknown): unknown {
  if (!(cause instanceof GitError) || !/not a git repository/i.test(cause.message)) return cause;
  return new GitError(
    'input',
    `${harmless(at)} is in no Git repository, and a review compares two states of one. Run it in a clone of the model's repository, or name one with --dir.`,
    { cause },
  );
}

async function linesOf(file: string): Promise<ReadonlySet<string>> {
  return new Set((await readFile(file, 'utf8')).split('\n').filter((line) => line !== ''));
}

async function removed(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
}

/** A line of objects/info/alternates: as it stands, or in the quotes of C where it could be read as something else. */
function quoted(path: string): string {
  if (!/^[#"]|[\n\\"]/.test(path)) return path;
  return `"${path.replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

/** Git ends what it prints with one newline; a path may end with others. */
function withoutNewline(out: Buffer): string {
  return out.toString('utf8').replace(/\n$/, '');
}
