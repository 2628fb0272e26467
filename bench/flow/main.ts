/**
 * `npm run bench:flow [row ...] [-- --smoke | --pairs 3 | --size 0.2]`: what moves rows, each row against its floor on the
 * same servers with the same settings, in turns; exit status 1 where a bar is missed. `--size`: a share of full size; `--kills`: how
 * often the row of that name kills.
 * `--smoke`: tiny, to see that each runs; its figures mean nothing and are not judged.
 */
import { parseArgs } from 'node:util';
import { batches } from './batches.ts';
import { catchUp } from './catch-up.ts';
import { cdc } from './cdc.ts';
import { checksum } from './checksum.ts';
import { columns } from './columns.ts';
import { cost } from './cost.ts';
import { giant } from './giant.ts';
import { idle } from './idle.ts';
import { kills } from './kills.ts';
import { large } from './large.ts';
import { latency } from './latency.ts';
import { load } from './load.ts';
import { memory } from './memory.ts';
import { oneRow } from './one-row.ts';
import { aboutMachine, noPrograms, openServer } from './server.ts';
import type { Setting, Size } from './setting.ts';
import { snapshot } from './snapshot.ts';
import { tables } from './tables.ts';
import type { Verdict } from './turns.ts';
import { wide } from './wide.ts';

const benches: Readonly<Record<string, (setting: Setting) => Promise<readonly Verdict[]>>> = {
  load,
  cdc,
  batches,
  snapshot,
  large,
  latency,
  checksum,
  memory,
  giant,
  idle,
  cost,
  'catch-up': catchUp,
  'one-row': oneRow,
  columns,
  wide,
  tables,
  kills,
};
const options = {
  smoke: { type: 'boolean' },
  pairs: { type: 'string' },
  size: { type: 'string' },
  kills: { type: 'string' },
} as const;
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const isSmoke = values.smoke === true;
const pairs = Number(values.pairs ?? (isSmoke ? 1 : 5));
const share = Number(values.size ?? (isSmoke ? 0.01 : 1));
const size: Size = {
  rows: 1_500_000 * share,
  changes: 3_000_000 * share,
  giant: 1_500_000 * share,
  single: 200_000 * share,
  scale: share,
  batches: isSmoke ? [1_000] : [1_000, 20_000, 100_000],
  latencyMs: isSmoke ? 3_000 : 20_000,
  busyMs: isSmoke ? 2_000 : 15_000,
  moved: 10_000_000 * share,
  columns: Math.ceil(40_000 * share),
  wide: Math.ceil(4_000 * share),
  tables: Math.ceil(500 * share),
  kills: Number(values.kills ?? (isSmoke ? 2 : Math.ceil(100 * share))),
  idle: isSmoke
    ? { streams: 20, intervalMs: 1_000, windowMs: 3_000 }
    : { streams: Math.ceil(1_000 * share), intervalMs: 60_000, windowMs: 60_000 },
};
const unknown = positionals.filter((row) => !(row in benches));

if (unknown.length > 0) {
  process.stderr.write(`no row '${unknown.join("', '")}'. There are: ${Object.keys(benches).join(', ')}\n`);
  process.exitCode = 2;
} else if (noPrograms !== null) {
  process.stdout.write(`skipped: ${noPrograms}\n`);
} else {
  await using source = await openServer(isSmoke);
  await using store = await openServer(isSmoke);
  process.stdout.write(`${await aboutMachine(store)}; size ${share}, ${pairs} pairs; ratio: median (least-most)\n`);
  for (const [row, measure] of Object.entries(benches)) {
    if (positionals.length > 0 && !positionals.includes(row)) continue;
    for (const { line, holds } of await measure({ source, store, size, pairs })) {
      process.stdout.write(`${isSmoke ? line.replace(/ {2}bar .*/, '') : line}\n`);
      if (!holds && !isSmoke) process.exitCode = 1;
    }
  }
}
