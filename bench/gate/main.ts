/**
 * `npm run bench:gate [-- 2000 8000] [-- --review] [-- --smoke]`: what is built, on models of so many datastores (2,000
 * are 32,000 datasets and 370,000 columns), each in a process of its own; the best of three, for the machine is rarely
 * ours alone. Reviews are of a repository with the model in it, first with nothing kept of base and then with its store on
 * disk. `--review`: nothing else. Where there were several sizes, a table says how each work grows. Exit status 1 where a
 * bar is missed. `--smoke`: a tiny model, once, to see that it runs; nothing is judged.
 */
import { execFile, spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ran } from './command.ts';
import {
  datasetsEach,
  editedDatastoreFile,
  editedMeshFile,
  type ModelFile,
  modelFiles,
  objectsUnderPolicy,
  policyFile,
} from './generate.ts';
import { commitAll, type Measured, reviewed } from './review.ts';

type Work = { readonly directory: string; readonly does: 'load' | 'check' };
type Bar = { readonly ms: number; readonly residentMb: number | null };
type Line = { readonly does: string; readonly best: Measured; readonly bar: Bar | null; readonly note?: string };

const smoke = process.argv.includes('--smoke');
const sizes = smoke
  ? [20]
  : process.argv
      .slice(2)
      .filter((one) => /^\d+$/.test(one))
      .map(Number);
const times = smoke ? 1 : 3;
const bars: Readonly<Record<number, Readonly<Record<string, Bar>>>> = {
  2000: {
    'load + check': { ms: 6000, residentMb: 600 },
    'cached, nothing changed': { ms: 500, residentMb: null },
    'cached, one team changed': { ms: 500, residentMb: null },
    'review, one team': { ms: 500, residentMb: null },
  },
  8000: { 'load + check': { ms: 25_000, residentMb: 1500 } },
  62500: { 'review, one team': { ms: 3000, residentMb: 1024 } },
};
const isReviewOnly = process.argv.includes('--review');
/** Of one that is about ten thousand objects. */
const policyBar: Bar = { ms: 10_000, residentMb: 1024 };
/** What each work took, by size. */
const curves = new Map<string, Map<number, Measured>>();

const home = await mkdtemp(join(tmpdir(), 'freehold-bench-'));
try {
  build();
  process.stdout.write(
    `${cpus()[0]?.model ?? 'unknown'} x ${cpus().length}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}\n`,
  );
  const wanted = sizes.length === 0 ? [2000] : sizes;
  for (const size of wanted) {
    process.stdout.write(
      `${size} datastores, ${size * 2} workspaces, ${size * datasetsEach} datasets; best of ${times}\n`,
    );
    if (!isReviewOnly) for await (const line of measured(size)) tell(line, size);
    for await (const line of reviews(size)) tell(line, size);
  }
  if (wanted.length > 1) process.stdout.write(curvesText(wanted));
} finally {
  await rm(home, { recursive: true, force: true });
}

/** Of a repository with the model on its branch: the first finds nothing kept. */
async function* reviews(size: number): AsyncGenerator<Line> {
  const directory = join(home, `repository-${size}`);
  await mkdir(directory);
  const origin = 'github.com/acme/team0-data';
  const team = { name: 'team', files: [editedDatastoreFile(5, size)], origin };
  const policy = { name: 'policy', files: [policyFile(size)], origin: 'github.com/user/100' };
  const everywhere = { name: 'mesh', files: [editedMeshFile(size)], origin: 'github.com/user/11' };
  await commitAll(directory, modelFiles(size), [team, policy, everywhere]);
  const cache = join(home, `stores-${size}`);
  await mkdir(cache);
  yield { does: 'review, nothing kept', best: await reviewed(directory, team, cache), bar: null };
  const bar = bars[size]?.['review, one team'] ?? null;
  yield { does: 'review, one team', best: await best(() => reviewed(directory, team, cache)), bar };
  const objects = objectsUnderPolicy(size);
  yield {
    does: 'review, a policy',
    best: await best(() => reviewed(directory, policy, cache)),
    bar: objects >= 10_000 ? policyBar : null,
    note: `over ${objects} objects`,
  };
  yield { does: 'review, mesh-wide', best: await reviewed(directory, everywhere, cache), bar: null };
  process.stdout.write(`  the store is ${Math.round(bytesBelow(cache) / 2 ** 20)} MB\n`);
  for (const one of [directory, cache]) await rm(one, { recursive: true, force: true });
}

function bytesBelow(directory: string): number {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.reduce((sum, one) => sum + (one.isFile() ? statSync(join(one.parentPath, one.name)).size : 0), 0);
}

async function* measured(size: number): AsyncGenerator<Line> {
  const directory = join(home, String(size));
  for (const file of modelFiles(size)) await write(directory, file);
  const bar = (does: string) => bars[size]?.[does] ?? null;
  const cache = join(home, `cache-${size}`);
  const cached = async (): Promise<Measured> => {
    const { taken, document } = await ran(['check', directory], cache);
    return { ...taken, findings: document.findings.length, digest: document.digest };
  };
  yield { does: 'load', best: await best(() => run({ directory, does: 'load' })), bar: null };
  yield { does: 'load + check', best: await best(() => run({ directory, does: 'check' })), bar: bar('load + check') };
  await cached();
  yield { does: 'cached, nothing changed', best: await best(cached), bar: bar('cached, nothing changed') };
  let edited = 0;
  const change = async () => {
    const one = editedDatastoreFile(edited++, size);
    await write(directory, one);
    return cached();
  };
  yield { does: 'cached, one team changed', best: await best(change), bar: bar('cached, one team changed') };
  for (const one of [directory, cache]) await rm(one, { recursive: true, force: true });
}

async function write(directory: string, { path, text }: ModelFile): Promise<void> {
  const file = join(directory, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

async function best(measure: () => Promise<Measured>): Promise<Measured> {
  let least: Measured | null = null;
  for (let i = 0; i < times; i++) {
    const one = await measure();
    if (one.digest === null || one.findings > 0) throw new Error(`the model of the bench has ${one.findings} findings`);
    if (least === null || one.ms < least.ms) least = one;
  }
  if (least === null) throw new Error('nothing was measured');
  return least;
}

async function run(work: Work): Promise<Measured> {
  const child = fileURLToPath(new URL('./child.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [child, JSON.stringify(work)]);
  return JSON.parse(stdout);
}

function tell({ does, best: measured, bar, note }: Line, size: number): void {
  const { ms, cpuMs, residentMb } = measured;
  const curve = curves.get(does) ?? new Map<number, Measured>();
  curves.set(does, curve.set(size, measured));
  const judged =
    bar === null
      ? ''
      : `  bar ${seconds(bar.ms)}${bar.residentMb === null ? '' : `, ${bar.residentMb} MB`}: ${(ms / bar.ms).toFixed(2)} of it`;
  process.stdout.write(
    `  ${does.padEnd(26)} ${seconds(ms)}  (CPU ${seconds(cpuMs)})  ${Math.round(residentMb)} MB${note === undefined ? '' : `  ${note}`}${smoke ? '' : judged}  (load ${loadavg()[0]?.toFixed(1)})\n`,
  );
  const isMissed = bar !== null && (ms > bar.ms || residentMb > (bar.residentMb ?? Number.POSITIVE_INFINITY));
  if (isMissed && !smoke) process.exitCode = 1;
}

/** How each work grows: what is linear takes one time of CPU for each thousand datasets. */
function curvesText(all: readonly number[]): string {
  const cells = (does: string, columns: readonly string[]) =>
    `${does.padEnd(26)}${columns.map((one) => one.padStart(34)).join('')}\n`;
  const lines = [...curves].map(([does, curve]) =>
    cells(
      does,
      all.map((size) => {
        const one = curve.get(size);
        if (one === undefined) return '';
        const each = (one.cpuMs / ((size * datasetsEach) / 1000)).toFixed(0);
        return `${seconds(one.ms)}, ${Math.round(one.residentMb)} MB, ${each} ms/1,000`;
      }),
    ),
  );
  const heads = all.map((size) => `${(size * datasetsEach).toLocaleString('en')} datasets`);
  return `\n${cells('clock, memory, CPU each', heads)}${lines.join('')}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function build(): void {
  const script = fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url));
  const { status } = spawnSync(process.execPath, [script], { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('the build failed');
}
