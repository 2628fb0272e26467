// Builds dist/ from src/: the compiler, the model language as one string, and files that are no TypeScript. Made beside
// and renamed, so that dist/ is whole or as it was.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'src');
const draft = join(root, `.dist-${process.pid}`);

try {
  rmSync(draft, { recursive: true, force: true });
  compile();
  copyAssets();
  await bundleLanguage();
  await bundleCommand();
  replace();
} finally {
  rmSync(draft, { recursive: true, force: true });
}

function compile() {
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  const args = [compiler, '-p', join(root, 'tsconfig.build.json'), '--outDir', draft];
  // The compiler's report goes to stderr: stdout belongs to what boot.mjs becomes.
  const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (error !== undefined) throw error;
  if (status !== 0) {
    rmSync(draft, { recursive: true, force: true });
    process.exit(status ?? 1);
  }
}

/** What the code reads at run time and the compiler leaves out. */
function copyAssets() {
  for (const entry of readdirSync(source, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    const folders = relative(source, dirname(path)).split(sep);
    if (!entry.isFile() || /\.(ts|md|snap)$/.test(entry.name) || folders.includes('testing')) continue;
    const target = join(draft, relative(source, path));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(path, target);
  }
}

/** The public page, src/index.ts, as one module's text: what the sandbox serves as 'freehold'. And the worker that holds the sandbox. */
async function bundleLanguage() {
  const {
    bundleLanguage: bundled,
    bundleWorker,
    digestOfProgram,
  } = await import(pathToFileURL(join(draft, 'load', 'bundle.js')).href);
  const language = await bundled(join(source, 'index.ts'));
  writeFileSync(join(draft, 'load', 'language-bundle.js'), language);
  writeFileSync(join(draft, 'load', 'sandbox', 'worker-bundle.js'), await bundleWorker());
  writeFileSync(join(draft, 'load', 'program-digest'), await digestOfProgram(language));
}

/**
 * The command as few modules, a verb's loaded when it is used: Node takes longer to find and link two hundred than a verb
 * to do its work. They stand beside main.js, all in one folder; what a module reads beside itself it finds where it was.
 */
async function bundleCommand() {
  const folder = join(draft, 'cli');
  const entry = join(folder, 'main.js');
  const itself = {
    name: 'places of modules',
    setup: ({ onLoad }) =>
      onLoad({ filter: /\.js$/ }, ({ path }) => {
        const own = `new URL(${JSON.stringify(relative(folder, path).split(sep).join('/'))}, import.meta.url).href`;
        return { contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', own) };
      }),
  };
  await build({
    entryPoints: [entry],
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2023',
    platform: 'node',
    packages: 'external',
    outdir: folder,
    chunkNames: 'part-[name]-[hash]',
    allowOverwrite: true,
    plugins: [itself],
  });
  chmodSync(entry, 0o755);
}

function replace() {
  const dist = join(root, 'dist');
  const former = join(root, `.dist-former-${process.pid}`);
  if (existsSync(dist)) renameSync(dist, former);
  renameSync(draft, dist);
  rmSync(former, { recursive: true, force: true });
}
