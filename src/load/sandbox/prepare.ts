import { createRequire } from 'node:module';
import type { CallExpression, Node, ObjectExpression, Program } from 'acorn';
import { must } from '../../base/must.ts';
import type { Finding } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';
import { type Import, importsOf, type Links } from './imports.ts';
import { columnCalls, type Literal, nounLiteral } from './literal.ts';
import { type Surplus, surplusOf } from './surplus.ts';
import { syntaxOf, type Wrong } from './syntax.ts';
import { type PlaceAt, placesIn } from './text.ts';

/** A model file as syntax: what it imports and exports is known, nothing of it has run. */
export type Prepared = Omit<Links, 'imports'> & {
  readonly file: string;
  /** Of the file in its model, for marks. */
  readonly index: number;
  readonly text: string;
  readonly imports: readonly Import[];
  /** Null where it cannot be read. */
  readonly program: Program | null;
  readonly placeAt: PlaceAt;
  /** By offset of a word's call: where the parts of its noun stand. */
  readonly nouns: Map<number, Literal>;
  /** Made ready for the sandbox, when first asked for. */
  readonly marked: () => Marked;
};

export type Marked = {
  /** JavaScript, with a mark at each call of a word of the language. Lines are the file's lines. */
  readonly code: string;
  /** The place of a line and column of `code`. */
  readonly original: (line: number, column: number) => number;
  /** Not empty: the file cannot be evaluated. */
  readonly findings: readonly Finding[];
  /** What is there beside what is read: the file can be evaluated all the same. */
  readonly surplus: readonly Surplus[];
};

const markName = '__freehold_at';

/** TypeScript to syntax: types are blanked in place, so that offsets stay. */
export function prepare(file: string, index: number, text: string, stripped: Strip = strip): Prepared {
  const placeAt = placesIn(file, text);
  const nouns = new Map<number, Literal>();
  const read = programOf(file, text, placeAt, stripped);
  if ('finding' in read) {
    const marked: Marked = { code: '', original: () => 0, findings: [read.finding], surplus: [] };
    const links = { imports: [], exports: null, words: new Map(), namespaces: new Set<string>() };
    return { ...links, file, index, text, program: null, placeAt, nouns, marked: () => marked };
  }
  const { program, code } = read;
  const links = importsOf(program);
  let marked: Marked | null = null;
  return {
    ...links,
    file,
    index,
    text,
    program,
    placeAt,
    nouns,
    marked: () => {
      marked ??= mark(program, code, index, links, nouns, placeAt);
      return marked;
    },
  };
}

/** Puts marks in, and refuses what no model file may say. */
function mark(
  program: Program,
  text: string,
  index: number,
  links: Links,
  nouns: Map<number, Literal>,
  placeAt: PlaceAt,
): Marked {
  const { words, namespaces } = links;
  const findings: Finding[] = [];
  const surplus: Surplus[] = [];
  const insertions: Insertion[] = [];
  const wordOf = (call: CallExpression) => calledWord(call, words, namespaces);
  const unmarked = new Set<Node>();
  const refuse = (node: Node, message: string, help: string) =>
    findings.push(finding({ rule: 'not-in-a-model', message, help, at: placeAt(node.start) }));
  const waits = (node: Node) =>
    refuse(
      node,
      'a model file waits for something at its top level, and nothing can arrive in a model.',
      'Remove the await.',
    );

  const visit = (node: Node, isTop: boolean): void => {
    let isInside = isTop;
    switch (node.type) {
      case 'AwaitExpression':
        if (isTop) waits(node);
        break;
      case 'ForOfStatement':
        if (isTop && 'await' in node && node.await === true) waits(node);
        break;
      case 'ObjectExpression':
        if (isObjectExpression(node)) findings.push(...twiceIn(node, placeAt));
        break;
      case 'ImportExpression':
        refuse(
          node,
          'a model file imports while it runs, and what it depends on must be known before.',
          "Write  import ... from './file.ts'  at its top.",
        );
        break;
      case 'CallExpression': {
        if (!isCall(node)) break;
        const word = wordOf(node);
        const more = surplusOf(node, word, wordOf);
        if (more !== null) surplus.push(more);
        if (word === null) break;
        for (const column of columnCalls(word, node)) unmarked.add(column);
        if (unmarked.has(node)) break;
        nouns.set(node.start, nounLiteral(word, node));
        insertions.push({ at: node.start, text: `${markName}(${index},${node.start},` }, { at: node.end, text: ')' });
        break;
      }
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
      case 'PropertyDefinition':
      case 'StaticBlock':
      case 'MethodDefinition':
        isInside = false;
        break;
      default:
        break;
    }
    visitChildren(node, visit, isInside);
  };
  try {
    visit(program, true);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    return { code: '', original: () => 0, findings: [tooDeep(placeAt)], surplus: [] };
  }
  if (words.size + namespaces.size > 0)
    insertions.push({ at: 0, text: `import{at as ${markName}}from'freehold:harness';` });
  insertions.sort((a, b) => a.at - b.at);
  const code = inserted(text, insertions);
  return { code, original: originalOffset(code, insertions), findings, surplus };
}

type Insertion = { readonly at: number; readonly text: string };

function inserted(text: string, insertions: readonly Insertion[]): string {
  let from = 0;
  const parts: string[] = [];
  for (const { at, text: more } of insertions) {
    parts.push(text.slice(from, at), more);
    from = at;
  }
  parts.push(text.slice(from));
  return parts.join('');
}

function originalOffset(code: string, insertions: readonly Insertion[]): (line: number, column: number) => number {
  return (line, column) => {
    let start = 0;
    for (let l = 1; l < line; l++) start = code.indexOf('\n', start) + 1;
    const target = start + Math.max(0, column - 1);
    let shift = 0;
    for (const { at, text } of insertions) {
      if (at + shift >= target) break;
      // Inside what we put in: it stands where the author's text goes on.
      if (at + shift + text.length > target) return at;
      shift += text.length;
    }
    return target - shift;
  };
}

/** What TypeScript refuses, and JavaScript takes: of two members of one name only the last would count. */
function* twiceIn({ properties }: ObjectExpression, placeAt: PlaceAt): Iterable<Finding> {
  const names = new Set<string>();
  for (const one of properties) {
    if (one.type !== 'Property' || one.computed || one.kind !== 'init') continue;
    const { key } = one;
    const name = key.type === 'Identifier' ? key.name : key.type === 'Literal' ? String(key.value) : null;
    if (name === null) continue;
    if (names.has(name))
      yield finding({
        rule: 'syntax-error',
        message: `'${name}' is there twice in one object, and only the last would count.`,
        help: 'Take one of them out.',
        at: placeAt(key.start),
      });
    names.add(name);
  }
}

function isObjectExpression(node: Node): node is ObjectExpression {
  return node.type === 'ObjectExpression';
}

function isCall(node: Node): node is CallExpression {
  return node.type === 'CallExpression';
}

function calledWord(
  call: CallExpression,
  words: ReadonlyMap<string, string>,
  namespaces: ReadonlySet<string>,
): string | null {
  const { callee } = call;
  if (callee.type === 'Identifier') return words.get(callee.name) ?? null;
  if (callee.type !== 'MemberExpression' || callee.computed || callee.object.type !== 'Identifier') return null;
  return namespaces.has(callee.object.name) && callee.property.type === 'Identifier' ? callee.property.name : null;
}

function visitChildren(node: Node, visit: (node: Node, isTop: boolean) => void, isTop: boolean): void {
  const values: unknown[] = Object.values(node);
  for (const value of values) {
    if (typeof value !== 'object' || value === null) continue;
    if (!Array.isArray(value)) {
      if (isNode(value)) visit(value, isTop);
      continue;
    }
    const items: readonly unknown[] = value;
    for (const item of items) if (isNode(item)) visit(item, isTop);
  }
}

function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' && value !== null && 'type' in value && 'start' in value && typeof value.type === 'string'
  );
}

type Read = { readonly program: Program; readonly code: string } | { readonly finding: Finding };

/**
 * A text that is JavaScript as it stands means what it means there: most model files say no type, and are not read twice.
 * With a '<' in it, it may be both: `f<T>(x)` compares in JavaScript, so that types are blanked first.
 */
function programOf(file: string, text: string, placeAt: PlaceAt, stripped: Strip): Read {
  if (!text.includes('<')) {
    const read = syntaxOf(text);
    if ('program' in read) return { ...read, code: text };
    if (read.wrong === 'deep') return { finding: tooDeep(placeAt) };
  }
  const code = stripped(file, text, placeAt);
  if (typeof code !== 'string') return { finding: code };
  const read = syntaxOf(code);
  return 'program' in read ? { ...read, code } : { finding: wrongSyntax(read.wrong, placeAt) };
}

let stripper: typeof import('@swc/wasm-typescript') | null = null;

/** Blanks the types of a text, in place. */
export type Strip = (file: string, text: string, placeAt: PlaceAt) => string | Finding;

function strip(file: string, text: string, placeAt: PlaceAt): string | Finding {
  // Most models need none, and it takes as long to have as hundreds of files to read.
  stripper ??= createRequire(import.meta.url)('@swc/wasm-typescript');
  try {
    return must(stripper, 'the stripper').transformSync(text, { mode: 'strip-only', filename: file }).code;
  } catch (cause) {
    // A native abort, of a text nested too deeply: the stripper must not be used again, so it costs the worker.
    if (cause instanceof Error) throw cause;
    const told: { message?: unknown; code?: unknown; startLine?: unknown; startColumn?: unknown } = Object(cause);
    const message = String(told.message);
    const at = placeAt(offsetOf(text, Number(told.startLine ?? 1), Number(told.startColumn ?? 0)));
    return finding(
      told.code === 'UnsupportedSyntax'
        ? {
            rule: 'not-in-a-model',
            message: `${message}, so this file cannot be read.`,
            help: 'Write it with types, constants and functions.',
            at,
          }
        : { rule: 'syntax-error', message: `this is no TypeScript: ${message}`, help: 'Correct the file.', at },
    );
  }
}

/** Lines as the stripper counts them, from 1: a carriage return ends one, too. Columns are from 0. */
function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  const breaks = text.matchAll(/\r\n|\r|\n/g);
  for (let at = 1; at < line; at++) {
    const { value } = breaks.next();
    if (value === undefined) break;
    start = value.index + value[0].length;
  }
  return Math.min(start + column, text.length);
}

function wrongSyntax(wrong: Wrong, placeAt: PlaceAt): Finding {
  if (wrong === 'deep') return tooDeep(placeAt);
  return finding({
    rule: 'syntax-error',
    message: `this is no TypeScript: ${wrong.message}`,
    help: 'Correct the file.',
    at: placeAt(wrong.offset),
  });
}

function tooDeep(placeAt: PlaceAt): Finding {
  return finding({
    rule: 'syntax-error',
    message: 'this file is nested too deeply to be read.',
    help: 'Give names to parts of it.',
    at: placeAt(0),
  });
}
