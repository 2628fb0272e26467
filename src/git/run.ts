import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { devNull } from 'node:os';
import { harmless } from '../findings/harmless.ts';
import { GitError } from './error.ts';

/**
 * One run of the git program. Terms. *scrubbed*: no environment, no configuration of machine or user, no hook, filter,
 * credential helper, transport or replacement of objects reaches it, so that a repository's content runs nothing. What
 * a repository's own configuration could still say is met by the options below, and by `Workshop`, which has none.
 */
export type GitRun = {
  /** Directory that git finds its repository from. */
  readonly at: string;
  readonly input?: string;
  /** In place of the repository's own. */
  readonly index?: string;
  /** More output than this is given up on. */
  readonly limitBytes?: number;
  /** Beside 0: statuses that are answers. */
  readonly answers?: readonly number[];
};

export type GitAnswer = { readonly status: number; readonly out: Buffer; readonly err: string };

/** Errors: GitError. */
export function git(words: readonly string[], run: GitRun): Promise<GitAnswer> {
  const limit = run.limitBytes ?? 256 * 1024 * 1024;
  return new Promise((resolve, reject) => {
    // Node throws, and does not tell, where the directory is a file.
    if (isFile(run.at)) {
      reject(
        new GitError('input', `${harmless(run.at)} is a file, not a directory. Name the model's directory with --dir.`),
      );
      return;
    }
    const child = spawn('git', ['--no-pager', '--no-optional-locks', '--literal-pathspecs', ...settings, ...words], {
      cwd: run.at,
      env: { ...environment(), ...(run.index === undefined ? {} : { GIT_INDEX_FILE: run.index }) },
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
      timeout: wallMs,
      killSignal: 'SIGKILL',
    });
    const out: Buffer[] = [];
    let outBytes = 0;
    let isTooLong = false;
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      outBytes += chunk.length;
      if (outBytes > limit) {
        isTooLong = true;
        child.kill('SIGKILL');
      } else out.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (err.length < 10_000) err += chunk.toString('utf8');
    });
    // A git that ends before it read all says why on standard error.
    child.stdin.on('error', () => {});
    child.stdin.end(run.input ?? '');
    child.on('error', (cause) => reject(notStarted(cause, run.at)));
    child.on('close', (code, signal) => {
      const verb = words.find((word) => !word.startsWith('-')) ?? '';
      if (isTooLong)
        reject(
          new GitError(
            'input',
            `git ${verb} gave more than ${limit} bytes, so the repository was not judged: its trees are larger than any model's. Look for files that were committed by mistake.`,
          ),
        );
      else if (code === null)
        reject(
          new GitError(
            'world',
            `git ${verb} was ended by ${signal ?? 'a signal'} after at most ${wallMs / 1000} s. Try again on a machine that is less busy.`,
          ),
        );
      else if (code !== 0 && !run.answers?.includes(code)) reject(failed(verb, code, err));
      else resolve({ status: code, out: Buffer.concat(out), err });
    });
  });
}

const wallMs = 120_000;

/** Beat what the repository's configuration says. Each runs a program, or asks one, where it is not set so. */
const settings = [
  'core.fsmonitor=false',
  `core.hooksPath=${devNull}`,
  `core.attributesFile=${devNull}`,
  `core.excludesFile=${devNull}`,
  'core.pager=cat',
  'core.untrackedCache=false',
  'credential.helper=',
  'diff.external=',
  'protocol.allow=never',
  'submodule.recurse=false',
  'uploadpack.packObjectsHook=',
  // Git refuses repositories of another account, since their configuration could run programs as this one: that is met
  // here, and in the containers of continuous integration the accounts do differ.
  'safe.directory=*',
].flatMap((setting) => ['-c', setting]);

function environment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'Path', 'SystemRoot', 'SYSTEMROOT', 'TMPDIR', 'TEMP', 'TMP'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C',
    HOME: devNull,
    XDG_CONFIG_HOME: devNull,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_SYSTEM: devNull,
    GIT_CONFIG_GLOBAL: devNull,
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    GIT_OPTIONAL_LOCKS: '0',
    // Objects are what their ids say, and come from this machine alone.
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_AUTHOR_NAME: 'freehold',
    GIT_AUTHOR_EMAIL: 'review@freehold.invalid',
    GIT_AUTHOR_DATE: '@0 +0000',
    GIT_COMMITTER_NAME: 'freehold',
    GIT_COMMITTER_EMAIL: 'review@freehold.invalid',
    GIT_COMMITTER_DATE: '@0 +0000',
  };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function notStarted(cause: Error, at: string): GitError {
  const isMissing = 'code' in cause && cause.code === 'ENOENT';
  return new GitError(
    'world',
    isMissing
      ? `The program git cannot be started in ${harmless(at)}: a review reads base and head from a Git repository. Install git ${neededVersion.join('.')} or newer.`
      : `The program git cannot be started: ${cause.message}`,
    { cause },
  );
}

function failed(verb: string, status: number, err: string): GitError {
  const said = harmless(err.trim(), 600);
  const missing = /missing|unable to read|bad object|could not (?:get|read|parse) object|not a valid object name/i.test(
    err,
  );
  return new GitError(
    'input',
    missing
      ? `git ${verb}: ${said}. The clone does not hold all objects of base and head: fetch the whole history, without --filter (in GitHub's checkout  fetch-depth: 0 ).`
      : `git ${verb} ended with ${status}: ${said}`,
  );
}

/** `merge-tree --write-tree` came with it. */
export const neededVersion: readonly [number, number] = [2, 38];
