// One measurement in a process of its own, of what is built:  child.mjs '{"directory":..., "does":"load"}'. Plain
// JavaScript, so that the process does nothing else; nothing is kept. Prints what it took, as JSON; time counts from the
// process's start, memory is the most that was resident of all its threads.
import { resourceUsage } from 'node:process';

const { directory, does } = JSON.parse(process.argv[2] ?? '{}');
const built = (path) => new URL(`../../dist/${path}`, import.meta.url).href;
let findings;
let digest;
if (does === 'load') {
  const { loadModel } = await import(built('load/load.js'));
  ({ findings, digest } = await loadModel(directory));
} else {
  const { checkProject } = await import(built('cli/project.js'));
  const { systemClock } = await import(built('base/clock.js'));
  const project = await checkProject(directory, systemClock, { cache: false });
  findings = project.findings;
  digest = project.digest;
}
const { userCPUTime, systemCPUTime, maxRSS } = resourceUsage();
const measured = {
  ms: performance.now(),
  cpuMs: (userCPUTime + systemCPUTime) / 1000,
  residentMb: maxRSS / 1024,
  findings: findings.length,
  digest,
};
process.stdout.write(JSON.stringify(measured));
