import type { CallExpression, Node } from 'acorn';
import type { Finding } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';
import { isWordOfColumns, wordNamed } from '../written/words.ts';
import type { PlaceAt } from './text.ts';

/**
 * Values that a word is given and does not take: JavaScript passes over them, and what the author wrote is lost. They are
 * counted where they are written; what is spread, or handed on under another name, is left to TypeScript.
 */

/** How many values a word takes, `Number.POSITIVE_INFINITY` where any number; null where the language has no such word. */
export function mostValues(name: string): number | null {
  const known = most.get(name);
  if (known !== undefined) return known;
  const word = wordNamed(name);
  const taken = word === null ? null : (beyondLength[name] ?? word.length);
  most.set(name, taken);
  return taken;
}

const most = new Map<string, number | null>();
const unlimited = Number.POSITIVE_INFINITY;

/** Of words with values that may be left out: a function's own length ends at the first of them. */
const beyondLength: Readonly<Record<string, number>> = {
  accepted: 3,
  all: unlimited,
  any: unlimited,
  approved: unlimited,
  approvers: 2,
  between: 3,
  compares: 4,
  decimal: 2,
  declared: 1,
  engines: unlimited,
  enumOf: unlimited,
  excluded: 3,
  fresh: 3,
  from: 3,
  fromContract: 2,
  fromSchema: 2,
  length: 3,
  matches: 3,
  present: 2,
  refers: 3,
  rows: 2,
  snapshot: 1,
  sql: 2,
  time: 1,
  timestamp: 1,
  timestamptz: 1,
  unique: 2,
  vendors: unlimited,
  watermark: 2,
  within: unlimited,
};

/** What goes on from a word, `int32().nullable()`, `larger('1GB').to('lake')`, by how many values it takes. */
export function mostGoingOn(name: string): number | null {
  return goingOn.get(name) ?? null;
}

const goingOn = new Map<string, number>([
  ...['deprecated', 'doc', 'default', 'from', 'level', 'term', 'to'].map((name) => [name, 1] as const),
  ...['label', 'formerly', 'tag'].map((name) => [name, unlimited] as const),
  ['nullable', 0],
]);

export type Surplus = { readonly word: string; readonly takes: number; readonly at: Node };

/** `word`: that the call calls; null where it calls none by its name. `wordOf`: of the calls that it may go on from. */
export function surplusOf(
  call: CallExpression,
  word: string | null,
  wordOf: (call: CallExpression) => string | null,
): Surplus | null {
  const { arguments: given, callee } = call;
  if (given.length === 0) return null;
  if (word !== null) return beyond(call, word, mostValues(word));
  if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier') return null;
  const takes = mostGoingOn(callee.property.name);
  if (takes === null || given.length <= takes) return null;
  // Whatever the author's own objects call their methods, it is not ours.
  let from: Node = callee.object;
  while (isCall(from)) {
    const begun = wordOf(from);
    if (begun !== null) return isOfWord(begun, callee.property.name) ? beyond(call, callee.property.name, takes) : null;
    if (from.callee.type !== 'MemberExpression') return null;
    from = from.callee.object;
  }
  return null;
}

function isOfWord(word: string, name: string): boolean {
  return name === 'to' ? word === 'larger' : isWordOfColumns(word);
}

function beyond({ arguments: given }: CallExpression, word: string, takes: number | null): Surplus | null {
  if (takes === null || given.length <= takes) return null;
  const written = given.filter(({ type }) => type !== 'SpreadElement');
  const at = written.length === given.length ? given[takes] : written.at(-1);
  return written.length > takes && at !== undefined ? { word, takes, at } : null;
}

/** `text`: of the file. `address`: of the object that it is written in; null where it is in none. */
export function surplusFinding(
  { word, takes, at }: Surplus,
  { text, placeAt }: Written,
  address: string | null,
): Finding {
  const taken = takes === 0 ? 'no value' : takes === 1 ? 'one value' : `${takes} values`;
  const given = text.slice(at.start, Math.min(at.end, at.start + mostShown)).replaceAll(/\s+/g, ' ');
  return finding({
    rule: 'surplus-value',
    address,
    message: `'${word}' takes ${taken}, and is given '${given}${at.end > at.start + mostShown ? '...' : ''}' as one more, which nothing would read.`,
    help: takesPredicates.has(word)
      ? 'Take it out, or put several demands into  all(...) .'
      : 'Take it out, or write it where it is read.',
    at: placeAt(at.start),
  });
}

type Written = { readonly text: string; readonly placeAt: PlaceAt };

const mostShown = 40;

const takesPredicates = new Set(['when', 'not', 'from']);

function isCall(node: Node): node is CallExpression {
  return node.type === 'CallExpression';
}
