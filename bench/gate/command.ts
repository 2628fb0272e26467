/**
 * The built command as a person or a job runs it. Time is from the process's start to its end; memory is the most that was
 * resident of our process, with its workers.
 */
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** What a process took, from its start. */
export type Taken = {
  readonly ms: number;
  /** Of CPU, all threads. */
  readonly cpuMs: number;
  readonly residentMb: number;
};

/** With `--json`: what it took, and the document. Rejects where it ends with another status than 0. */
export async function ran(words: readonly string[], cache: string) {
  const usage = `${cache}-usage.json`;
  const preload = `import { writeFileSync } from 'node:fs';
process.on('exit', () => writeFileSync(${JSON.stringify(usage)}, JSON.stringify(process.resourceUsage())));`;
  const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  const start = performance.now();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(preload)}`, command, ...words, '--json'],
    { env: { ...process.env, FREEHOLD_CACHE: cache }, maxBuffer: 2 ** 30 },
  );
  const ms = performance.now() - start;
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(await readFile(usage, 'utf8'));
  await rm(usage);
  const taken: Taken = { ms, cpuMs: (userCPUTime + systemCPUTime) / 1000, residentMb: maxRSS / 1024 };
  return { taken, document: JSON.parse(stdout) };
}
