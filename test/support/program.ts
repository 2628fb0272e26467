import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const made = new Map<string, Promise<string>>();

/**
 * A program of a test, which many processes are to run: its file as one module of JavaScript, made once by each process
 * that asks. Node starts it in a tenth of the time that reading it and two hundred others as TypeScript takes. Its modules
 * take themselves to be where their sources are.
 */
export function programOf(source: URL): Promise<string> {
  const known = made.get(source.href);
  if (known !== undefined) return known;
  const making = bundled(fileURLToPath(source));
  made.set(source.href, making);
  return making;
}

async function bundled(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2023',
    platform: 'node',
    packages: 'external',
    plugins: [
      {
        name: 'places of modules',
        setup: (bundle) =>
          bundle.onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
            loader: 'ts',
            contents: (await readFile(path, 'utf8')).replaceAll(
              'import.meta.url',
              JSON.stringify(pathToFileURL(path).href),
            ),
          })),
      },
    ],
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`nothing came of '${entry}'`);
  // Below the project, where its packages are found.
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const folder = join(root, '.freehold', 'programs');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${relative(root, entry).split(sep).join('-')}.mjs`);
  // Renamed into place: another process may start from it at any moment.
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, output.text);
  await rename(draft, file);
  return file;
}
