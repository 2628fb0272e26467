import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** `npm run bench [-- --smoke]`: both benches, of the flow and of the gate; exit status 1 where a bar is missed. */
for (const bench of ['flow', 'gate']) {
  const program = fileURLToPath(new URL(`./${bench}/main.ts`, import.meta.url));
  const smoke = process.argv.includes('--smoke') ? ['--smoke'] : [];
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', program, ...smoke], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
