import { posix } from 'node:path';
import type { Finding } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';
import { didYouMean } from '../../findings/near-name.ts';
import type { Import } from './imports.ts';
import type { Prepared } from './prepare.ts';

/** A root and every file it imports, or why it cannot be evaluated. */
export type Closure = { readonly files: readonly Prepared[]; readonly findings: readonly Finding[] };

/** `words`: what 'freehold' exports. */
export type Files = {
  readonly prepared: (file: string) => Prepared | null;
  readonly names: ReadonlySet<string>;
  readonly words: ReadonlySet<string>;
};

export function closureOf(root: Prepared, all: Files): Closure {
  const findings: Finding[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const files: Prepared[] = [];
  const visit = (file: Prepared): void => {
    findings.push(...file.marked().findings);
    path.push(file.file);
    for (const one of file.imports) {
      const problem = one.specifier === 'freehold' ? unknownNames(file, one, all.words, 'freehold') : follow(file, one);
      if (problem !== null) findings.push(problem);
    }
    path.pop();
    done.add(file.file);
    files.push(file);
  };
  const follow = (from: Prepared, one: Import): Finding | null => {
    const target = targetOf(from.file, one.specifier, all.names);
    const at = from.placeAt(one.offset);
    if ('message' in target) return finding({ rule: 'bad-import', ...target, at });
    if (path.includes(target.file)) {
      const cycle = [...path.slice(path.indexOf(target.file)), target.file].map((f) => `'${f}'`).join(' -> ');
      return finding({
        rule: 'bad-import',
        message: `files import one another in a circle: ${cycle}, so none of them can come first.`,
        help: 'Move what both need to a file of its own.',
        at,
      });
    }
    const prepared = all.prepared(target.file);
    if (prepared === null) return null;
    if (!done.has(target.file)) visit(prepared);
    return prepared.exports === null || prepared.marked().findings.length > 0
      ? null
      : unknownNames(from, one, prepared.exports, one.specifier);
  };
  visit(root);
  return { files, findings };
}

function unknownNames(from: Prepared, one: Import, known: ReadonlySet<string>, what: string): Finding | null {
  const missing = one.names.find(({ name }) => !known.has(name));
  if (missing === undefined) return null;
  return finding({
    rule: 'bad-import',
    message: `'${what}' exports no '${missing.name}'.${didYouMean(missing.name, known)}`,
    help: 'Import a name that is there; for a type, write  import type.',
    at: from.placeAt(missing.offset),
  });
}

type Target = { readonly file: string } | { readonly message: string; readonly help: string };

/** The file of the tree that a specifier names. */
export function targetOf(from: string, specifier: string, names: ReadonlySet<string>): Target {
  if (!/^\.\.?\//.test(specifier)) {
    return {
      message: `'${specifier}' cannot be imported: a model is judged from its own files alone.`,
      help: "Import from 'freehold' or from files of the model by relative path; of anything else only types ( import type ).",
    };
  }
  const file = posix.join(posix.dirname(from), specifier);
  if (file.startsWith('../')) {
    return {
      message: `'${specifier}' lies outside the model, and a model is judged from its own files alone.`,
      help: 'Move the file into the model.',
    };
  }
  if (names.has(file)) return { file };
  const complete = [`${file}.ts`, file.replace(/\.js$/, '.ts'), `${file}/index.ts`].find((f) => names.has(f));
  const relative = complete === undefined ? null : posix.relative(posix.dirname(from), complete);
  return {
    message: `'${specifier}' is not among the model's files.`,
    help:
      relative === null
        ? 'Correct the path; it is relative to this file and ends in .ts.'
        : `Write  '${relative.startsWith('.') ? relative : `./${relative}`}'.`,
  };
}
