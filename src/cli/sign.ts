import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { UseError } from './exit.ts';

/** A key that ssh-keygen can sign with: its public half, and the file to name it by; null: an agent alone has it. */
export type LocalKey = { readonly key: string; readonly file: string | null };

/** Public keys at hand: of the agent that is running, and of `~/.ssh`. Nothing secret is read. */
export async function localKeys(home = homedir()): Promise<readonly LocalKey[]> {
  const folder = join(home, '.ssh');
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => name.endsWith('.pub')).sort();
  const read = files.map(async (name): Promise<LocalKey> => {
    const file = join(folder, name);
    return { key: await readFile(file, 'utf8').catch(() => ''), file };
  });
  const agent = await ran('ssh-add', ['-L'], '').catch(() => ({ status: 1, out: '' }));
  const held = agent.status === 0 ? agent.out.split('\n').map((key): LocalKey => ({ key, file: null })) : [];
  return [...(await Promise.all(read)), ...held].filter(({ key }) => /^\S+ \S/.test(key));
}

/** The public half of a key file, where it lies beside it; null: only ssh-keygen knows. */
export async function publicKeyOf(file: string): Promise<string | null> {
  return readFile(file.endsWith('.pub') ? file : `${file}.pub`, 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
}

/**
 * `ssh-keygen -Y sign`: it asks for a passphrase or a touch by itself, and takes the agent's key where only the public half
 * is in the file. The armoured signature.
 */
export async function sshSign(
  text: string,
  by: LocalKey | { readonly file: string },
  namespace: string,
): Promise<string> {
  if (by.file !== null) return signWith(text, by.file, namespace);
  const folder = await mkdtemp(join(tmpdir(), 'freehold-key-'));
  try {
    const file = join(folder, 'key.pub');
    await writeFile(file, `${'key' in by ? by.key : ''}\n`);
    return await signWith(text, file, namespace);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function signWith(text: string, file: string, namespace: string): Promise<string> {
  const { status, out } = await ran('ssh-keygen', ['-q', '-Y', 'sign', '-n', namespace, '-f', file], text).catch(
    (error: unknown) => {
      throw isAbsent(error) ? new UseError(withoutProgram) : error;
    },
  );
  if (status !== 0)
    throw new UseError(
      `ssh-keygen did not sign (status ${status}); what it says stands above. Is the file a private key, or a public one whose private half is in your agent?`,
    );
  return out;
}

const withoutProgram =
  'There is no ssh-keygen here, which makes signatures. It comes with OpenSSH 8.2 or later (Debian and Ubuntu: openssh-client; Fedora: openssh; macOS and Windows have it). A consent needs none where its party merges it as an entry:  freehold approve --entry';

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** What a program writes on standard output, given this on standard input. Its errors and questions go to the terminal. */
function ran(program: string, arguments_: readonly string[], input: string): Promise<{ status: number; out: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, arguments_, {
      stdio: ['pipe', 'pipe', program === 'ssh-keygen' ? 'inherit' : 'ignore'],
    });
    const out: Buffer[] = [];
    child.on('error', reject);
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    // Who ends without reading on is told by its status.
    child.stdin.on('error', () => undefined);
    child.on('close', (status) => resolve({ status: status ?? 128, out: Buffer.concat(out).toString('utf8') }));
    child.stdin.end(input);
  });
}
