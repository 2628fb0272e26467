import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export type Ran = { readonly status: number; readonly out: string; readonly err: string };

/** Runs the built command line as a user would, in a directory. Its status, output and errors. */
export function freehold(arguments_: readonly string[], directory: string): Promise<Ran> {
  return runNode([fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url)), ...arguments_], directory);
}

export function runNode(arguments_: readonly string[], directory: string): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, arguments_, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const status = code ?? (signal === null ? -1 : 128);
      resolve({ status, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() });
    });
  });
}
