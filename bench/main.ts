import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cdc } from './cdc.ts';
import { noPsql, openCluster } from './cluster.ts';
import { large } from './large.ts';
import { load } from './load.ts';
import { memory } from './memory.ts';
import type { Verdict } from './pairs.ts';
import { snapshot } from './snapshot.ts';

/**
 * `npm run bench [-- --smoke] [load snapshot cdc large memory]`: each against its floor, on one server with the same settings, in pairs;
 * exit status 1 where a bar is missed. `--smoke`: tiny, to see that each runs; its ratios mean nothing and are not judged.
 */
const smoke = process.argv.includes('--smoke');
const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const [count, changes, pairs] = smoke ? [20_000, 5_000, 2] : [1_500_000, 500_000, 5];

const benches: Readonly<Record<string, (server: Awaited<ReturnType<typeof openCluster>>) => Promise<Verdict>>> = {
  load: (server) => load(server, count, pairs),
  snapshot: (server) => snapshot(server, count, pairs),
  cdc: (server) => cdc(server, count, changes, pairs),
  large: (server) => large(server, smoke ? count : 10_000_000),
  memory: (server) => memory(server, smoke ? count : 10_000_000),
};

if (noPsql !== null) {
  process.stdout.write(`skipped: ${noPsql}\n`);
} else {
  await using server = await openCluster(smoke);
  process.stdout.write(
    `${server.about}\n${count} rows, ${changes} changes, ${pairs} pairs; ratio: median (least-most)\n`,
  );
  for (const [bench, measure] of Object.entries(benches)) {
    if (chosen.length > 0 && !chosen.includes(bench)) continue;
    const { line, holds } = await measure(server);
    process.stdout.write(`${smoke ? line.replace(/ {2}bar .*/, '') : line}\n`);
    if (!holds && !smoke) process.exitCode = 1;
  }
}

// The gate has a bench of its own, without a server.
if (smoke && chosen.length === 0) {
  const gate = fileURLToPath(new URL('./gate/main.ts', import.meta.url));
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', gate, '--smoke'], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
