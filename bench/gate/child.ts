/**
 * One measurement in a process of its own, of what is built: `child.ts '{"directory":..., "does":"load"}'`. Prints what
 * it took, as JSON; time counts from the process's start.
 */
import { resourceUsage } from 'node:process';

export type Measured = {
  readonly ms: number;
  /** Of CPU, all threads. */
  readonly cpuMs: number;
  /** The most that was resident, all threads. */
  readonly residentMb: number;
  readonly findings: number;
  readonly digest: string | null;
};

/** `check`: anew, and nothing kept; `cached`: with what `FREEHOLD_CACHE` keeps. */
export type Work = { readonly directory: string; readonly does: 'load' | 'check' | 'cached' };

const [argument = '{}'] = process.argv.slice(2);
const { directory, does }: Work = JSON.parse(argument);
const built = (path: string) => new URL(`../../dist/${path}`, import.meta.url).href;
const { loadModel }: typeof import('../../src/load/load.ts') = await import(built('load/load.js'));
const { openProject }: typeof import('../../src/cli/project.ts') = await import(built('cli/project.js'));
const { systemClock }: typeof import('../../src/base/clock.ts') = await import(built('base/clock.js'));

const { findings, digest } =
  does === 'load'
    ? await loadModel(directory)
    : await openProject(directory, systemClock, { cache: does === 'cached' }).then(({ findings: found, loaded }) => ({
        findings: found,
        digest: loaded.digest,
      }));
const { userCPUTime, systemCPUTime, maxRSS } = resourceUsage();
const measured: Measured = {
  ms: performance.now(),
  cpuMs: (userCPUTime + systemCPUTime) / 1000,
  residentMb: maxRSS / 1024,
  findings: findings.length,
  digest,
};
process.stdout.write(JSON.stringify(measured));
