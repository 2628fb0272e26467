import { createRequire } from 'node:module';
import type { Document } from 'yaml';
import { must } from '../../base/must.ts';
import type { Literal } from '../sandbox/literal.ts';

/** A YAML document as plain values with the places of their parts, or what is wrong with it and where. */
export type Yaml = YamlValue | YamlProblem;
export type YamlValue = { readonly raw: unknown; readonly literal: Literal };
export type YamlProblem = { readonly problem: string; readonly offset: number };

let library: typeof import('yaml') | null = null;

/** Had when the first text is read: models of TypeScript alone need none, and it takes longer than they do. */
function yaml(): typeof import('yaml') {
  library ??= createRequire(import.meta.url)('yaml');
  return must(library, 'yaml');
}

/** A text that is one document. */
export function readYaml(text: string): Yaml {
  const documents = readYamlDocuments(text);
  const [first, second] = documents;
  if (first === undefined) return { raw: null, literal: { offset: 0, members: () => null } };
  if (second !== undefined && !('problem' in first))
    return 'problem' in second ? second : { problem: 'it holds more than one document', offset: second.literal.offset };
  return first;
}

/** Each document of a text that holds any number; what is wrong with one ends the list. Those that are empty are left out. */
export function readYamlDocuments(text: string): readonly Yaml[] {
  const read: Yaml[] = [];
  try {
    // Names are compared here, in one pass: the library compares each with each.
    const { isScalar, parseAllDocuments } = yaml();
    const documents = parseAllDocuments(text, { uniqueKeys: false, prettyErrors: false, version: '1.2', merge: false });
    if (!Array.isArray(documents)) return read;
    for (const document of documents) {
      const [problem] = [...document.errors, ...document.warnings];
      if (problem !== undefined) return [...read, problemOf(problem.message, problem.pos[0])];
      if (saysHow(document)) return [...read, { problem: 'directives are not read here', offset: 0 }];
      const { contents } = document;
      if (contents !== null && !(isScalar(contents) && contents.value === null))
        read.push(plain(contents, startOf(contents, document.range[0]), 0));
    }
    return read;
  } catch (cause) {
    if (cause instanceof Refused) return [...read, { problem: cause.message, offset: cause.offset }];
    if (cause instanceof RangeError) return [...read, tooDeep];
    throw cause;
  }
}

const tooDeep: YamlProblem = { problem: 'it is nested too deeply', offset: 0 };
const deepest = 64;

/** The library tells as a problem what the machine says of its own stack. */
function problemOf(message: string, offset: number): YamlProblem {
  return /^Maximum call stack/.test(message) ? { ...tooDeep, offset } : { problem: message, offset };
}

/** `%YAML 1.1` and `%TAG` change what a text means. */
function saysHow(document: Document): boolean {
  return document.directives?.yaml.explicit === true || Object.keys(document.directives?.tags ?? {}).length > 1;
}

class Refused extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

function plain(node: unknown, offset: number, depth: number): YamlValue {
  if (depth > deepest) throw new Refused(tooDeep.problem, offset);
  const { isAlias, isMap, isScalar, isSeq } = yaml();
  if (node === null || node === undefined) return { raw: null, literal: { offset, members: () => null } };
  if (!isScalar(node) && !isSeq(node) && !isMap(node)) throw new Refused('aliases are not read here', offset);
  if (node.anchor !== undefined) throw new Refused('anchors are not read here', offset);
  if (node.tag !== undefined) throw new Refused('tags are not read here', offset);
  if (isScalar(node)) return { raw: node.value, literal: { offset, members: () => null } };
  if (isSeq(node)) {
    const items = node.items.map((item) => plain(item, startOf(item, offset), depth + 1));
    const members = new Map(items.map((item, index) => [String(index), item.literal]));
    return { raw: items.map((item) => item.raw), literal: { offset, members: () => members } };
  }
  const raw: [string, unknown][] = [];
  const members = new Map<string, Literal>();
  for (const pair of node.items) {
    const at = startOf(pair.key, offset);
    const key = isScalar(pair.key) ? pair.key.value : null;
    if (typeof key !== 'string' && typeof key !== 'number' && typeof key !== 'boolean')
      throw new Refused('a name must be text', at);
    const name = String(key);
    if (name === '__proto__' || name.startsWith('@')) throw new Refused(`nothing can be named '${name}'`, at);
    if (members.has(name)) throw new Refused(`'${name}' is there twice`, at);
    if (isAlias(pair.value)) throw new Refused('aliases are not read here', startOf(pair.value, at));
    const value = plain(pair.value, at, depth + 1);
    raw.push([name, value.raw]);
    members.set(name, value.literal);
  }
  return { raw: Object.fromEntries(raw), literal: { offset, members: () => members } };
}

function startOf(node: unknown, otherwise: number): number {
  return yaml().isNode(node) ? (node.range?.[0] ?? otherwise) : otherwise;
}
