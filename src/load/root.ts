import { must } from '../base/must.ts';
import type { Finding, Place } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { type Chunk, chunkOf } from './chunk.ts';
import { definitionOf } from './definition.ts';
import { absentName, failureWords } from './failure.ts';
import type { Limits } from './limits.ts';
import { type Entered, type Reading, rootAt } from './read/at.ts';
import type { SchemaFiles } from './read/datastore.ts';
import { isRecord, kindOf } from './read/reader.ts';
import { recent } from './recent.ts';
import { closureOf, targetOf } from './sandbox/closure.ts';
import type { Evaluated, Sandbox } from './sandbox/evaluate.ts';
import { importsOf } from './sandbox/imports.ts';
import { namedAt } from './sandbox/named-at.ts';
import { type Prepared, prepare, type Strip } from './sandbox/prepare.ts';
import { surplusFinding } from './sandbox/surplus.ts';
import { syntaxOf } from './sandbox/syntax.ts';
import type { Texts } from './texts.ts';
import { wordNamed } from './written/words.ts';
import { writtenOut } from './written/written.ts';
import { isYamlFile, readYamlRoot } from './yaml-root.ts';

/** What one root came to. */
export type RootResult = {
  readonly chunks: readonly Chunk[];
  readonly findings: readonly Finding[];
  /** Files that it imports itself. */
  readonly imports: readonly string[];
  /** Files that it was made from: itself, what it imports, data that it names, there or not. */
  readonly reads: readonly string[];
  /** Did it export objects, whether they could be read or not? */
  readonly isEmpty: boolean;
};

export type RootInput = {
  readonly roots: Texts;
  readonly schemas: Texts;
  readonly language: string;
  readonly limits: Limits;
};

/** Evaluates roots of one model. */
export function rootReader(
  input: RootInput,
  sandbox: () => Promise<Sandbox>,
  strip?: Strip,
): (file: string) => Promise<RootResult> {
  const { roots, schemas, limits } = input;
  const { indexes, codeNames: names } = namesOf(roots.names);
  const language = syntaxOf(input.language);
  const words = must('program' in language ? importsOf(language.program).exports : null, 'the words of the language');
  const made = recent<Prepared>(keptCharacters, (one) => one.text.length);
  const fresh = (file: string): Prepared | null => {
    const text = roots.text(file);
    return text === null ? null : prepare(file, indexBase + (indexes.get(file) ?? 0), text, strip);
  };
  /** Of a file that another imports: others may, too. */
  const prepared = (file: string): Prepared | null => {
    const known = made.get(file) ?? fresh(file);
    if (known !== null) made.set(file, known);
    return known;
  };

  const readRoot = async (file: string, data: SchemaFiles, note: (file: string) => void): Promise<Came> => {
    if (isYamlFile(file)) return readYamlRoot(file, roots.text(file) ?? '', data, limits, sandbox);
    const root = made.get(file) ?? fresh(file);
    if (root === null) throw new Error(`bug: '${file}' is no root`);
    const findings: Finding[] = [];
    const written = limits.isWritten ? writtenOut(root, words, limits.outputCharacters) : null;
    if (written !== null) return { ...readNouns(written, root, [root], data, findings), imports: [], findings };
    const imports = root.imports.flatMap(({ specifier }) => {
      const target = targetOf(file, specifier, names);
      return 'file' in target ? [target.file] : [];
    });
    const closure = closureOf(root, {
      prepared: (one) => {
        note(one);
        return prepared(one);
      },
      names,
      words,
    });
    const nothing = { chunks: [], imports, isEmpty: false };
    if (closure.findings.length > 0) return { ...nothing, findings: [...closure.findings, ...surplusIn(root, [])] };
    const code = new Map(closure.files.map((one) => [`/${one.file}`, one.marked().code]));
    const outcome = (await sandbox()).evaluate(
      {
        root: `/${file}`,
        others: [...code.keys()].filter((name) => name !== `/${file}`),
        code: (name) => code.get(name) ?? '',
        resolve: (from, specifier) => {
          const target = targetOf(from.slice(1), specifier, names);
          return 'file' in target ? `/${target.file}` : specifier;
        },
      },
      limits,
      (text, matches) => readExports(text, root, closure.files, { ...data, matches }, findings),
    );
    if (outcome.kind === 'threw')
      return { ...nothing, findings: [...surplusIn(root, []), thrown(outcome, root, closure.files)] };
    return { ...outcome.value, imports, findings: [...findings, ...surplusIn(root, outcome.value.chunks)] };
  };

  return async (file) => {
    const reads = new Set([file]);
    const noted: Texts = {
      names: schemas.names,
      text: (one) => {
        reads.add(one);
        return schemas.text(one);
      },
    };
    const data: SchemaFiles = { from: file, schemas: noted, matches: () => null };
    const came = await readRoot(file, data, (one) => reads.add(one));
    return { ...came, reads: [...reads] };
  };
}

/** What stands in a file beside what is read, each in the object that was begun last before it. */
function surplusIn(root: Prepared, chunks: readonly Chunk[]): readonly Finding[] {
  return root.marked().surplus.map((one) => {
    const { line, column } = root.placeAt(one.at.start);
    const around = chunks
      .filter(({ at }) => at.file === root.file && (at.line < line || (at.line === line && at.column <= column)))
      .sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column)
      .at(-1);
    return surplusFinding(one, root, around?.address ?? null);
  });
}

type Names = { readonly indexes: ReadonlyMap<string, number>; readonly codeNames: ReadonlySet<string> };
const knownNames = new WeakMap<readonly string[], Names>();

/** Roots by name, and those that can be imported; of a large model that is read some files at a time, made once. */
function namesOf(roots: readonly string[]): Names {
  const known = knownNames.get(roots) ?? {
    indexes: new Map(roots.map((file, index) => [file, index])),
    codeNames: new Set(roots.filter((file) => !isYamlFile(file))),
  };
  knownNames.set(roots, known);
  return known;
}

/** A result, before what it was made from is told. */
export type Came = Omit<RootResult, 'reads'>;

/** Marks are as long for one file as for another: no limit is met sooner where there are more files. */
const indexBase = 1_000_000;

/** What is made of files is kept for other roots that import them, up to so many characters of text. */
const keptCharacters = 1024 * 1024;

type Read = Pick<RootResult, 'chunks' | 'isEmpty'>;

function readExports(
  text: string,
  root: Prepared,
  files: readonly Prepared[],
  data: SchemaFiles,
  findings: Finding[],
): Read {
  const told: unknown = JSON.parse(text);
  const failure = isRecord(told) ? told.failure : undefined;
  if (isRecord(failure)) {
    findings.push(notPlain(failure, root, files));
    return { chunks: [], isEmpty: false };
  }
  const exported: unknown = isRecord(told) ? told.exports : undefined;
  const values = Array.isArray(exported) ? exported.map((one: unknown) => (isRecord(one) ? one.value : null)) : [];
  return readNouns(values, root, files, data, findings);
}

function readNouns(
  values: readonly unknown[],
  root: Prepared,
  files: readonly Prepared[],
  data: SchemaFiles,
  findings: Finding[],
): Read {
  const marked = markedIn(files);
  const chunks = values.flatMap((value) => {
    const reading: Reading = { findings, isYaml: false, places: new Map(), marked };
    const otherwise = root.placeAt(0);
    const start = (entered: Entered) => rootAt(reading, value, entered, otherwise);
    const defined = definitionOf(kindOf(value), value, data, start, otherwise);
    return defined === null ? [] : [chunkOf(defined, defined.at, reading.places)];
  });
  return { chunks, isEmpty: values.length === 0 };
}

function markedIn(files: readonly Prepared[]): Reading['marked'] {
  const byIndex = new Map(files.map((one) => [one.index, one]));
  return (mark) => {
    const [index, offset] = mark.split(':');
    const one = byIndex.get(Number(index));
    const literal = one?.nouns.get(Number(offset));
    return one && literal ? { literal, placeAt: one.placeAt } : null;
  };
}

function notPlain(failure: Readonly<Record<string, unknown>>, root: Prepared, files: readonly Prepared[]): Finding {
  const path = Array.isArray(failure.path) ? failure.path.map(String) : [];
  const marked = typeof failure.mark === 'string' ? markedIn(files)(failure.mark) : null;
  let literal = marked?.literal ?? null;
  for (const name of path.slice(Number(failure.from))) literal = literal?.members()?.get(name) ?? literal;
  const shown = path.length > 6 ? [...path.slice(0, 6), '...'] : path;
  const at = marked && literal ? marked.placeAt(literal.offset) : root.placeAt(0);
  const text = files.find(({ file }) => file === at.file)?.text ?? '';
  const word = literal === null ? null : wordAt(text, literal.offset);
  return finding({
    rule: 'not-plain-data',
    message: `'${shown.join('.')}' ${String(failure.what)}.`,
    help:
      word === null
        ? 'Export plain data that the words of the language make.'
        : `Call the word:  ${word}() . What it gives is data.`,
    at,
  });
}

/** A word of the language that is named and not called. */
function wordAt(text: string, offset: number): string | null {
  const [, name] = /^(?:[\w$]+\s*:\s*)?([a-zA-Z][\w$]*)\s*[,}\])]/.exec(text.slice(offset, offset + 200)) ?? [];
  return name !== undefined && wordNamed(name) !== null ? name : null;
}

type Thrown = Extract<Evaluated<unknown>, { kind: 'threw' }>;

function thrown(outcome: Thrown, root: Prepared, files: readonly Prepared[]): Finding {
  const at = placeOfAbsent(outcome, root, files) ?? placeOfStack(outcome.stack, files) ?? root.placeAt(0);
  switch (outcome.met) {
    case 'fuel':
      return finding({
        rule: 'evaluation-failed',
        message: `'${root.file}' takes too many steps: it may never end.`,
        help: 'A model is data: keep loops short.',
        at,
      });
    case 'memory':
      return finding({
        rule: 'evaluation-failed',
        message: `'${root.file}' takes too much memory.`,
        help: 'A model is data: keep it small, or split it.',
        at,
      });
    case null:
      return finding({
        rule: 'evaluation-failed',
        ...failureWords(root.file, outcome.message, nameAt(outcome.stack, files)),
        at,
      });
  }
}

/** Of a name that nothing has, the stack knows the function alone: it stands where that one uses it first. */
function placeOfAbsent({ message, stack }: Thrown, root: Prepared, files: readonly Prepared[]): Place | null {
  const name = absentName(message);
  const { file, offset } = spotOfStack(stack, files) ?? { file: root, offset: 0 };
  if (name === null || file.program === null) return null;
  const found = namedAt(file.program, name, offset) ?? namedAt(file.program, name, 0);
  return found === null ? null : file.placeAt(found);
}

function placeOfStack(stack: string, files: readonly Prepared[]): Place | null {
  const found = spotOfStack(stack, files);
  return found === null ? null : found.file.placeAt(found.offset);
}

/** What is called, or named, where the stack says that it failed; null: it does not say, or nothing is. */
function nameAt(stack: string, files: readonly Prepared[]): string | null {
  const found = spotOfStack(stack, files);
  if (found === null) return null;
  const [, name] =
    /^\.?\s*([\p{L}_$][\p{L}\p{N}_$]*)/u.exec(found.file.text.slice(found.offset, found.offset + 200)) ?? [];
  return name ?? null;
}

function spotOfStack(
  stack: string,
  files: readonly Prepared[],
): { readonly file: Prepared; readonly offset: number } | null {
  for (const [, name = '', line, column] of stack.matchAll(/\((\/[^\n]*?):(\d+):(\d+)\)/g)) {
    const file = files.find((one) => `/${one.file}` === name);
    if (file !== undefined) return { file, offset: file.marked().original(Number(line), Number(column)) };
  }
  return null;
}
