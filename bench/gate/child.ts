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
  readonly objects: number;
  readonly findings: number;
  readonly digest: string | null;
};

export type Work = { readonly directory: string; readonly does: 'load' | 'check' };

const [argument = '{}'] = process.argv.slice(2);
const { directory, does }: Work = JSON.parse(argument);
const built = (path: string) => new URL(`../../dist/${path}`, import.meta.url).href;
const { loadModel }: typeof import('../../src/load/load.ts') = await import(built('load/load.js'));
const { check }: typeof import('../../src/check/check.ts') = await import(built('check/check.js'));
const { engineFacts }: typeof import('../../src/engines/facts.ts') = await import(built('engines/facts.js'));

const loaded = await loadModel(directory);
const { model, places } = loaded;
const found =
  does === 'check' && model !== null ? check(model, engineFacts, { asOfMs: Date.UTC(2026, 0, 1), places }) : [];
const { userCPUTime, systemCPUTime, maxRSS } = resourceUsage();
const measured: Measured = {
  ms: performance.now(),
  cpuMs: (userCPUTime + systemCPUTime) / 1000,
  residentMb: maxRSS / 1024,
  objects: model === null ? 0 : Object.keys(model.datastores).length + Object.keys(model.workspaces).length,
  findings: loaded.findings.length + found.length,
  digest: loaded.digest,
};
process.stdout.write(JSON.stringify(measured));
