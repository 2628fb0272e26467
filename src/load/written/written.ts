import type { Expression, ObjectExpression, Program, Property, SpreadElement } from 'acorn';
import { columnCalls, nounLiteral } from '../sandbox/literal.ts';
import type { Prepared } from '../sandbox/prepare.ts';
import { mostGoingOn, mostValues } from '../sandbox/surplus.ts';
import { columnWord, isColumn, type Word, wordNamed } from './words.ts';

/**
 * The objects that a file exports, where it is written out: constants, literals and words of the language, nothing that
 * could run, wait, fail or be different the second time. Most files of a model are, and need no sandbox: what the
 * sandbox would give is read off their syntax. Null where anything else stands in the file, and the sandbox has its say.
 *
 * What is given is what leaves the sandbox, validated by the same readers: plain data, noted with '@' where a word was
 * called. The words themselves are ours; they get plain data, and the same words run in both places.
 */
export function writtenOut(file: Prepared, words: ReadonlySet<string>, outputCharacters: number): unknown[] | null {
  const { program } = file;
  if (program === null || file.text.length > longest) return null;
  // A name that is not there is told by the sandbox.
  if (file.imports.some(({ names }) => names.some(({ name }) => !words.has(name)))) return null;
  const reader = readerOf(file, words);
  try {
    const exported = exportsOf(program, reader);
    // Whatever the sandbox would count, it would count less than that: eight characters for one, with marks and escapes.
    let room = Math.min(outputCharacters / 16, roomiest);
    const spend = (characters: number) => {
      room -= characters + 8;
      if (room < 0) throw notWritten;
    };
    return [...exported.keys()].sort(byUnit).flatMap((name) => {
      const value = exported.get(name);
      const values: readonly unknown[] = Array.isArray(value) ? value : [value];
      return values.filter(isNoun).map((one) => plain(one, 0, reader.marks, spend));
    });
  } catch (cause) {
    if (cause === notWritten) return null;
    throw cause;
  }
}

/** Far below what any limit of the sandbox is met by. */
export const longest = 512 * 1024;
const roomiest = 1024 * 1024;
const deepest = 30;

const notWritten = new Error('not written out');

/**
 * Columns by what is written: of a model's columns most are written alike, and what is written alike, with no name of the
 * file's own in it, is the same. Given once, it is also validated, put in canonical form and written out once.
 */
const columns = new Map<string, { readonly column: object; readonly words: readonly string[] }>();
const plainColumns = new WeakMap<object, { readonly value: unknown; readonly characters: number }>();
const mostColumns = 20_000;
const writtenAlike = new WeakSet<object>();

/** Is it a column that is the same object wherever it is written alike? */
export function isWrittenAlike(raw: object): boolean {
  return writtenAlike.has(raw);
}

type Reader = {
  readonly marks: Map<object, string>;
  readonly known: Map<string, unknown>;
  readonly read: (node: Expression | SpreadElement | null, depth: number) => unknown;
};

function exportsOf(program: Program, { known, read }: Reader): Map<string, unknown> {
  const exported = new Map<string, unknown>();
  const declare = (node: Program['body'][number], isExported: boolean) => {
    if (node.type !== 'VariableDeclaration' || node.kind !== 'const') throw notWritten;
    for (const { id, init } of node.declarations) {
      if (id.type !== 'Identifier') throw notWritten;
      known.set(id.name, read(init ?? null, 0));
      if (isExported) exported.set(id.name, known.get(id.name));
    }
  };
  const named: { readonly local: string; readonly as: string }[] = [];
  for (const node of program.body) {
    switch (node.type) {
      case 'ImportDeclaration':
        if (node.source.value !== 'freehold' || node.specifiers.some((one) => one.type !== 'ImportSpecifier'))
          throw notWritten;
        break;
      case 'VariableDeclaration':
        declare(node, false);
        break;
      case 'ExportDefaultDeclaration':
        if (/Declaration$/.test(node.declaration.type)) throw notWritten;
        exported.set('default', read(expressionOf(node.declaration), 0));
        break;
      case 'ExportNamedDeclaration':
        if (node.source) throw notWritten;
        if (node.declaration) declare(node.declaration, true);
        for (const { local, exported: as } of node.specifiers) {
          if (local.type !== 'Identifier' || as.type !== 'Identifier') throw notWritten;
          named.push({ local: local.name, as: as.name });
        }
        break;
      default:
        throw notWritten;
    }
  }
  for (const { local, as } of named) {
    if (!known.has(local)) throw notWritten;
    exported.set(as, known.get(local));
  }
  return exported;
}

function expressionOf(node: { readonly type: string }): Expression {
  // The caller saw that it is no declaration: what is left are expressions.
  return node as Expression;
}

function readerOf(file: Prepared, words: ReadonlySet<string>): Reader {
  const marks = new Map<object, string>();
  const known = new Map<string, unknown>();
  const unmarked = new Set<object>();
  const hasOwnNames = [...file.words].some(([local, word]) => local !== word);
  /** Of the file's own names, how often one was used; and the words that were. */
  let own = 0;
  let used = new Set<string>();

  const column = (node: Expression, depth: number): unknown => {
    const text = file.text.slice(node.start, node.end);
    const former = hasOwnNames ? undefined : columns.get(text);
    if (former?.words.every((word) => file.words.has(word))) return former.column;
    const before = own;
    used = new Set();
    const made = read(node, depth);
    if (!hasOwnNames && own === before && isColumn(made) && columns.size < mostColumns) {
      let characters = 0;
      const value = plain(made, 0, marks, (more) => {
        characters += more + 8;
      });
      if (!JSON.stringify(value).includes('"@"')) {
        columns.set(text, { column: made, words: [...used] });
        plainColumns.set(made, { value, characters });
        if (typeof value === 'object' && value !== null) writtenAlike.add(value);
      }
    }
    return made;
  };

  const read = (node: Expression | SpreadElement | null, depth: number): unknown => {
    if (node === null || depth > deepest) throw notWritten;
    switch (node.type) {
      case 'Literal':
        return literal(node.value, node.raw);
      case 'TemplateLiteral': {
        if (node.expressions.length > 0) throw notWritten;
        return literal(node.quasis[0]?.value.cooked, node.quasis[0]?.value.raw);
      }
      case 'ArrayExpression':
        return node.elements.map((one) => read(one, depth + 1));
      case 'ObjectExpression':
        return record(node, depth);
      case 'UnaryExpression': {
        const value = node.operator === '-' ? read(node.argument, depth + 1) : null;
        if (typeof value !== 'number') throw notWritten;
        return -value;
      }
      case 'Identifier':
        if (!known.has(node.name)) throw notWritten;
        own++;
        return known.get(node.name);
      case 'CallExpression': {
        const { callee } = node;
        if (node.optional) throw notWritten;
        if (callee.type === 'MemberExpression') {
          if (callee.computed || callee.optional || callee.property.type !== 'Identifier') throw notWritten;
          if (callee.object.type === 'Super') throw notWritten;
          const from = read(callee.object, depth + 1);
          const word = isColumn(from) ? columnWord(from, callee.property.name) : null;
          // The sandbox's side tells of what is too much.
          if (word === null || node.arguments.length > (mostGoingOn(callee.property.name) ?? 0)) throw notWritten;
          return called(
            word,
            node.arguments.map((one) => read(one, depth + 1)),
          );
        }
        const name = callee.type === 'Identifier' ? file.words.get(callee.name) : undefined;
        const word = name !== undefined && words.has(name) ? wordNamed(name) : null;
        if (name === undefined || word === null) throw notWritten;
        if (node.arguments.length > (mostValues(name) ?? 0)) throw notWritten;
        used.add(name);
        for (const one of columnCalls(name, node)) unmarked.add(one);
        const value = called(
          word,
          node.arguments.map((one) => read(one, depth + 1)),
        );
        if (typeof value === 'object' && value !== null && !marks.has(value) && !unmarked.has(node)) {
          marks.set(value, `${file.index}:${node.start}`);
          file.nouns.set(node.start, nounLiteral(name, node));
        }
        return value;
      }
      default:
        throw notWritten;
    }
  };

  const record = (node: ObjectExpression, depth: number): Record<string, unknown> => {
    const made: Record<string, unknown> = {};
    for (const one of node.properties) {
      if (one.type === 'SpreadElement') throw notWritten;
      const value = expressionOf(one.shorthand ? one.key : one.value);
      const name = nameOf(one);
      // The sandbox's side refuses what is there twice.
      if (Object.hasOwn(made, name)) throw notWritten;
      made[name] = unmarked.has(value) ? column(value, depth + 1) : read(value, depth + 1);
    }
    return made;
  };
  return { marks, known, read };
}

/** What a word throws at values that it does not expect is told by the sandbox. */
function called(word: Word, values: readonly unknown[]): unknown {
  try {
    return word(...values);
  } catch {
    throw notWritten;
  }
}

function nameOf(one: Property): string {
  if (one.computed || one.method || one.kind !== 'init') throw notWritten;
  const { key } = one;
  const name = key.type === 'Identifier' ? key.name : key.type === 'Literal' ? literal(key.value, key.raw) : null;
  if (typeof name !== 'string' && typeof name !== 'number') throw notWritten;
  const text = String(name);
  if (text === '__proto__' || text.startsWith('@')) throw notWritten;
  return text;
}

function literal(value: unknown, raw: string | undefined): string | number | boolean | null {
  if (value === null && raw === 'null') return null;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  // Half a character can only be written with an escape; the sandbox says what becomes of it.
  if (typeof value === 'string' && !(raw?.includes('\\') && /\p{Surrogate}/u.test(value))) return value;
  throw notWritten;
}

function isNoun(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    'freehold' in value &&
    Object.hasOwn(value, 'freehold') &&
    typeof value.freehold === 'string'
  );
}

/** What the sandbox's walker makes of a value, read back. */
function plain(
  value: unknown,
  depth: number,
  marks: ReadonlyMap<object, string>,
  spend: (characters: number) => void,
): unknown {
  if (depth > deepest) throw notWritten;
  switch (typeof value) {
    case 'string':
      spend(value.length);
      return value;
    case 'boolean':
      spend(0);
      return value;
    case 'number':
      spend(0);
      return value === 0 ? 0 : value;
    case 'undefined':
      spend(0);
      return null;
    case 'object':
      break;
    default:
      throw notWritten;
  }
  spend(0);
  if (value === null) return null;
  const known = plainColumns.get(value);
  if (known !== undefined) {
    spend(known.characters);
    return known.value;
  }
  if (Array.isArray(value)) return value.map((one: unknown) => plain(one, depth + 1, marks, spend));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && !isColumn(value)) throw notWritten;
  const made: Record<string, unknown> = {};
  const mark = marks.get(value);
  if (mark !== undefined) made['@'] = mark;
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    spend(name.length);
    made[name] = plain(member, depth + 1, marks, spend);
  }
  return made;
}

function byUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
