import { parse } from 'acorn';
import type { Finding, Place } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import {
  consentAddress,
  declassificationAddress,
  environmentAddress,
  meshAddress,
  offerAddress,
} from '../model/address.ts';
import type { ModelObject } from '../model/object.ts';
import type { Limits } from './limits.ts';
import { type At, type Reading, rootAt } from './read/at.ts';
import { datastoreReader, type SchemaFiles } from './read/datastore.ts';
import { nameIn, readEnvironment, readMesh, readWorkspace, readZone } from './read/nouns.ts';
import { isRecord, kindOf } from './read/reader.ts';
import { readConsent, readDeclassification, readOffer } from './read/statements.ts';
import { readTransformer } from './read/transformer.ts';
import { closureOf, targetOf } from './sandbox/closure.ts';
import type { Evaluated, Sandbox } from './sandbox/evaluate.ts';
import { importsOf } from './sandbox/imports.ts';
import { type Prepared, prepare } from './sandbox/prepare.ts';

/** An object that a root exports. */
export type Definition = ModelObject & { readonly at: Place };

/** What one root came to. */
export type RootResult = {
  readonly definitions: readonly Definition[];
  readonly findings: readonly Finding[];
  readonly places: Readonly<Record<string, Place>>;
  /** Files that it imports itself. */
  readonly imports: readonly string[];
  /** What its objects are made from: itself and all that it imports, and the data that objects name. Empty where it has no object. */
  readonly madeFrom: readonly string[];
  /** Did it export objects, whether they could be read or not? */
  readonly isEmpty: boolean;
};

export type RootInput = {
  readonly roots: Readonly<Record<string, string>>;
  readonly schemas: Readonly<Record<string, string>>;
  readonly language: string;
  readonly limits: Limits;
};

/** Evaluates roots of one model; what it makes of a file is kept for the roots that import it. */
export function rootReader(input: RootInput, sandbox: Sandbox): (file: string) => RootResult {
  const files = Object.keys(input.roots);
  const indexes = new Map(files.map((file, index) => [file, index]));
  const words =
    importsOf(parse(input.language, { ecmaVersion: 'latest', sourceType: 'module' })).exports ?? new Set<string>();
  const made = new Map<string, Prepared>();
  const prepared = (file: string): Prepared | null => {
    const index = indexes.get(file);
    if (index === undefined) return null;
    const one = made.get(file) ?? prepare(file, index, input.roots[file] ?? '');
    made.set(file, one);
    return one;
  };
  const names: ReadonlySet<string> = new Set(files);

  return (file) => {
    const root = prepared(file);
    if (root === null) throw new Error(`bug: '${file}' is no root`);
    const imports = root.imports.flatMap(({ specifier }) => {
      const target = targetOf(file, specifier, names);
      return 'file' in target ? [target.file] : [];
    });
    const closure = closureOf(root, { prepared, names, words });
    const nothing = { definitions: [], places: {}, imports, madeFrom: [], isEmpty: false };
    if (closure.findings.length > 0) return { ...nothing, findings: closure.findings };
    const code = new Map(closure.files.map((one) => [`/${one.file}`, one.code]));
    const reading: Reading = {
      findings: [],
      places: {},
      marked: (mark) => {
        const [index, offset] = mark.split(':');
        const one = made.get(files[Number(index)] ?? '');
        const literal = one?.nouns.get(Number(offset));
        return one && literal ? { literal, placeAt: one.placeAt } : null;
      },
    };
    const named = new Set<string>();
    const outcome = sandbox.evaluate(
      {
        language: input.language,
        root: `/${file}`,
        others: [...code.keys()].filter((name) => name !== `/${file}`),
        code: (name) => code.get(name) ?? '',
        resolve: (from, specifier) => {
          const target = targetOf(from.slice(1), specifier, names);
          return 'file' in target ? `/${target.file}` : specifier;
        },
      },
      input.limits,
      (text, matches) =>
        readExports(text, root, reading, {
          from: file,
          texts: input.schemas,
          matches,
          named: (data) => named.add(data),
        }),
    );
    if (outcome.kind === 'threw') return { ...nothing, findings: [thrown(outcome, root, closure.files)] };
    const madeFrom = outcome.value.definitions.length === 0 ? [] : [...closure.files.map((one) => one.file), ...named];
    return { ...outcome.value, imports, madeFrom, findings: reading.findings, places: reading.places };
  };
}

type Read = Pick<RootResult, 'definitions' | 'isEmpty'>;

function readExports(text: string, root: Prepared, reading: Reading, schemas: SchemaFiles): Read {
  const told: unknown = JSON.parse(text);
  const failure = isRecord(told) ? told.failure : undefined;
  if (isRecord(failure)) {
    reading.findings.push(notPlain(failure, root, reading));
    return { definitions: [], isEmpty: false };
  }
  const exported: unknown = isRecord(told) ? told.exports : undefined;
  const values = Array.isArray(exported) ? exported.map((one: unknown) => (isRecord(one) ? one.value : null)) : [];
  const definitions = values.flatMap((value) => definitionOf(value, root, reading, schemas) ?? []);
  return { definitions, isEmpty: values.length === 0 };
}

function definitionOf(raw: unknown, root: Prepared, reading: Reading, schemas: SchemaFiles): Definition | null {
  const kind = kindOf(raw);
  const name = nameIn(raw) ?? '';
  const start = (subject: string, address: string): At => rootAt(reading, raw, { subject, address }, root.placeAt(0));
  const place = (at: At) => at.place ?? root.placeAt(0);
  switch (kind) {
    case 'mesh': {
      const at = start(`mesh '${name}'`, meshAddress);
      const noun = readMesh(raw, at);
      return noun ? { kind, address: meshAddress, at: place(at), noun } : null;
    }
    case 'zone': {
      const at = start(`zone '${name}'`, name);
      const noun = readZone(raw, at);
      return noun ? { kind, address: name, at: place(at), noun } : null;
    }
    case 'datastore': {
      const at = start(`datastore '${name}'`, name);
      const noun = datastoreReader(schemas)(raw, at);
      return noun ? { kind, address: name, at: place(at), noun } : null;
    }
    case 'workspace': {
      const at = start(`workspace '${name}'`, name);
      const noun = readWorkspace(raw, at);
      return noun ? { kind, address: name, at: place(at), noun } : null;
    }
    case 'environment': {
      const address = environmentAddress(name);
      const at = start(`environment '${name}'`, address);
      const noun = readEnvironment(raw, at);
      return noun ? { kind, address, at: place(at), noun } : null;
    }
    case 'transformer': {
      const at = start(`transformer '${name}'`, name);
      const noun = readTransformer(raw, at);
      return noun ? { kind, address: name, at: place(at), noun } : null;
    }
    case 'consent': {
      const address = consentAddress(name);
      const at = start(`consent '${name}'`, address);
      const noun = readConsent(raw, at);
      return noun ? { kind, address, at: place(at), noun } : null;
    }
    case 'declassification': {
      const address = declassificationAddress(name);
      const at = start(`declassification '${name}'`, address);
      const noun = readDeclassification(raw, at);
      return noun ? { kind, address, at: place(at), noun } : null;
    }
    case 'offer': {
      const address = offerAddress(name);
      const at = start(`offer '${name}'`, address);
      const noun = readOffer(raw, at);
      return noun ? { kind, address, at: place(at), noun } : null;
    }
    default:
      // Tables, columns, groups and containers: parts that other files use.
      return null;
  }
}

function notPlain(failure: Readonly<Record<string, unknown>>, root: Prepared, reading: Reading): Finding {
  const path = Array.isArray(failure.path) ? failure.path.map(String) : [];
  const marked = typeof failure.mark === 'string' ? reading.marked(failure.mark) : null;
  let literal = marked?.literal ?? null;
  for (const name of path) literal = literal?.members?.get(name) ?? literal;
  const shown = path.length > 6 ? [...path.slice(0, 6), '...'] : path;
  return finding({
    rule: 'not-plain-data',
    message: `'${shown.join('.')}' ${String(failure.what)}.`,
    help: 'Export plain data that the words of the language make.',
    at: marked && literal ? marked.placeAt(literal.offset) : root.placeAt(0),
  });
}

type Thrown = Extract<Evaluated<unknown>, { kind: 'threw' }>;

function thrown(outcome: Thrown, root: Prepared, files: readonly Prepared[]): Finding {
  const at = placeOfStack(outcome.stack, files) ?? root.placeAt(0);
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
        message: `'${root.file}' failed: ${outcome.message}`,
        help: 'A model file sees the words of the language and its own files: no clock, chance, network, files or process.',
        at,
      });
  }
}

function placeOfStack(stack: string, files: readonly Prepared[]): Place | null {
  for (const [, name = '', line, column] of stack.matchAll(/\((\/[^\n]*?):(\d+):(\d+)\)/g)) {
    const file = files.find((one) => `/${one.file}` === name);
    if (file !== undefined) return file.placeAt(file.original(Number(line), Number(column)));
  }
  return null;
}
