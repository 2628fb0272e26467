import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Literal } from '../sandbox/literal.ts';

/** A YAML text as plain values with the places of their parts, or what is wrong with it and where. */
export type Yaml =
  | { readonly raw: unknown; readonly literal: Literal }
  | { readonly problem: string; readonly offset: number };

export function readYaml(text: string): Yaml {
  try {
    const document = parseDocument(text, { uniqueKeys: true, prettyErrors: false, lineCounter: new LineCounter() });
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) return { problem: problem.message, offset: problem.pos[0] };
    return plain(document.contents, 0);
  } catch (cause) {
    if (cause instanceof Refused) return { problem: cause.message, offset: cause.offset };
    if (cause instanceof RangeError) return { problem: 'it is nested too deeply', offset: 0 };
    throw cause;
  }
}

class Refused extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

function plain(node: unknown, offset: number): { raw: unknown; literal: Literal } {
  if (node === null || node === undefined) return { raw: null, literal: { offset, members: null } };
  if (isScalar(node)) return { raw: node.value, literal: { offset, members: null } };
  if (isSeq(node)) {
    const items = node.items.map((item) => plain(item, startOf(item, offset)));
    return {
      raw: items.map((item) => item.raw),
      literal: { offset, members: new Map(items.map((item, index) => [String(index), item.literal])) },
    };
  }
  if (!isMap(node)) throw new Refused('aliases are not read here', offset);
  const raw: [string, unknown][] = [];
  const members = new Map<string, Literal>();
  for (const pair of node.items) {
    const at = startOf(pair.key, offset);
    const key: unknown = isScalar(pair.key) ? pair.key.value : null;
    // Nothing, or more than one value.
    if (typeof key === 'object') throw new Refused('a name must be text', at);
    const name = String(key);
    if (name === '__proto__') throw new Refused("nothing can be named '__proto__'", at);
    const value = plain(pair.value, at);
    raw.push([name, value.raw]);
    members.set(name, value.literal);
  }
  return { raw: Object.fromEntries(raw), literal: { offset, members } };
}

function startOf(node: unknown, otherwise: number): number {
  return isScalar(node) || isMap(node) || isSeq(node) ? (node.range?.[0] ?? otherwise) : otherwise;
}
