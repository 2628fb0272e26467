import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { BuildOptions } from 'esbuild';
import { digestText } from '../base/digest.ts';

const isSource = import.meta.url.endsWith('.ts');

let bundle: Promise<string> | null = null;

/** The language as one JavaScript module: what 'freehold' is inside the sandbox. Made once per process. */
export function languageBundle(): Promise<string> {
  bundle ??= isSource
    ? bundleLanguage(fileURLToPath(new URL('../index.ts', import.meta.url)))
    : readFile(new URL('./language-bundle.js', import.meta.url), 'utf8');
  return bundle;
}

/** Builds it from `src/index.ts`: the build writes it to dist/load/language-bundle.js, a run from the sources keeps it in memory. */
export async function bundleLanguage(entry: string): Promise<string> {
  return built({ entryPoints: [entry], minify: true, legalComments: 'none' });
}

let worker: Promise<URL> | null = null;

/** The worker's file. Node reads no TypeScript in a worker: from the sources it is built once, to a file named by its digest. */
export function workerEntry(): Promise<URL> {
  worker ??= isSource ? buildWorker() : Promise.resolve(new URL('./sandbox/worker-bundle.js', import.meta.url));
  return worker;
}

let program: Promise<string> | null = null;

/** Of everything of ours that what a model comes to can depend on, packages included: another program may read otherwise. */
export function programDigest(): Promise<string> {
  program ??= isSource
    ? languageBundle().then(digestOfProgram)
    : readFile(new URL('./program-digest', import.meta.url), 'utf8');
  return program;
}

/** What reads files, what judges objects, and what keeps both. */
const entries = ['./sandbox/worker', '../check/check', '../engines/facts', './sql-parser', './store/directory'];

/** For the build, which writes it beside this file. Packages are pinned exactly. */
export async function digestOfProgram(language: string): Promise<string> {
  const own = entries.map((entry) => {
    const path = fileURLToPath(new URL(`${entry}.${isSource ? 'ts' : 'js'}`, import.meta.url));
    return built({ entryPoints: [path], platform: 'node', packages: 'external', minify: true });
  });
  const pins = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return digestText([language, pins, ...(await Promise.all(own))].join('\n'));
}

/** The worker as one module, which starts in half the time that fifty take: the build writes it to dist/load/sandbox/worker-bundle.js. */
export async function bundleWorker(): Promise<string> {
  const entry = isSource
    ? new URL('./sandbox/worker.ts', import.meta.url)
    : new URL('./sandbox/worker.js', import.meta.url);
  return built({ entryPoints: [fileURLToPath(entry)], platform: 'node', packages: 'external' });
}

async function buildWorker(): Promise<URL> {
  const text = await bundleWorker();
  const folder = new URL('../../.freehold/worker/', import.meta.url);
  await mkdir(folder, { recursive: true });
  const file = new URL(`${digestText(text).slice(0, 16)}.mjs`, folder);
  // Renamed into place: another process may start from it at any moment.
  const draft = new URL(`${file.href}.${process.pid}`);
  await writeFile(draft, text);
  await rename(draft, file);
  return file;
}

async function built(options: BuildOptions): Promise<string> {
  const { build } = await import('esbuild');
  const result = await build({ ...options, bundle: true, write: false, format: 'esm', target: 'es2023' });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error('bug: the bundle is missing');
  return file.text;
}
