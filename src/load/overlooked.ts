import { posix } from 'node:path';
import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { isAside, type Listed, type Unreadable } from './files.ts';

/**
 * Files of a directory that somebody may believe to be read, and that are not. Only what says so itself is told of: a
 * folder holds settings of tools, scripts and pages, too. `read` gives the bytes of a file.
 */
export function overlookedFiles(
  all: readonly Listed[],
  read: (path: string) => Uint8Array | Unreadable | null,
): readonly Finding[] {
  const files = all.filter(({ path, kind }) => kind === 'file' && !isAside(path)).map(({ path }) => path);
  const named = files.flatMap((path) => overlookedByName(path));
  const scripts = files.filter((path) => isScript.test(path) && !isOfTool.test(path));
  if (scripts.length === 0 || scripts.length > mostScripts) return named;
  // What a compiler makes of a model's file imports what that file imports.
  const compiled = new Set(files.filter((path) => path.endsWith('.ts')).map((path) => stemOf(path)));
  return [
    ...named,
    ...scripts.flatMap((path) => {
      if (compiled.has(stemOf(path))) return [];
      const bytes = read(path);
      if (!(bytes instanceof Uint8Array) || !importsWords.test(Buffer.from(bytes).toString('utf8'))) return [];
      return overlooked(
        path,
        "imports from 'freehold', but only  *.ts, *.yaml  and  *.yml  are read, so it has no effect.",
        `Name it  '${stemOf(path)}.ts' . If it is no part of the model, move it out of the model's folder.`,
      );
    }),
  ];
}

/** Where more lie, they are a program of their own, and to read it would take longer than the model. */
const mostScripts = 1000;

const isScript = /\.([cm]?jsx?|[cm]ts|tsx)$/;
const isOfTool = /\.(config|test|spec)\.\w+$|\.d\.[cm]ts$/;
const importsWords = /\b(from|import|require\s*\()\s*(['"])freehold\2/;

function stemOf(path: string): string {
  return posix.basename(path).replace(/\.\w+$/, '');
}

function overlookedByName(path: string): readonly Finding[] {
  const [, data] = /\.(schema|odcs)\.yml$/.exec(path) ?? [];
  if (data !== undefined)
    return overlooked(
      path,
      `is not read: names of such files end in .${data}.yaml .`,
      `Name it  '${posix.basename(path).replace(/\.yml$/, '.yaml')}' , and where an object names it, there too.`,
    );
  const lower = path.toLowerCase();
  if (lower === path || !/\.ya?ml$/.test(lower) || /\.ya?ml$/.test(path)) return [];
  return overlooked(
    path,
    'is not read: names of model files end in .yaml, .yml or .ts, in lower case.',
    `Name it  '${posix.basename(path).replace(/\w+$/, (ending) => ending.toLowerCase())}' .`,
  );
}

function overlooked(file: string, why: string, help: string): readonly Finding[] {
  return [
    finding({
      rule: 'overlooked-file',
      severity: 'warning',
      message: `'${file}' ${why}`,
      help,
      at: { file, line: 1, column: 1 },
    }),
  ];
}
