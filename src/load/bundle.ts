import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

let bundle: Promise<string> | null = null;

/** The language as one JavaScript module: what 'freehold' is inside the sandbox. Made once per process. */
export function languageBundle(): Promise<string> {
  bundle ??= import.meta.url.endsWith('.ts')
    ? bundleLanguage(fileURLToPath(new URL('../index.ts', import.meta.url)))
    : readFile(new URL('./language-bundle.js', import.meta.url), 'utf8');
  return bundle;
}

/** Builds it from `src/index.ts`: the build writes it to dist/load/language-bundle.js, a run from the sources keeps it in memory. */
export async function bundleLanguage(entry: string): Promise<string> {
  const { build } = await import('esbuild');
  const built = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2023',
    minify: true,
    // Findings name the author's words.
    keepNames: false,
    legalComments: 'none',
  });
  const [file] = built.outputFiles;
  if (file === undefined) throw new Error('bug: the language bundle is missing');
  return file.text;
}
