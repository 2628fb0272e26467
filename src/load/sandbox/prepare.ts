import { transformSync } from '@swc/wasm-typescript';
import { type CallExpression, type Node, parse } from 'acorn';
import type { Finding } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';
import { type Exports, type Import, importsOf } from './imports.ts';
import { type Literal, literalOf, nounLiteral } from './literal.ts';
import { type PlaceAt, placesIn } from './text.ts';

/** A model file made ready for the sandbox. */
export type Prepared = {
  readonly file: string;
  /** JavaScript, with a mark at each call of a word of the language. Lines are the file's lines. */
  readonly code: string;
  readonly imports: readonly Import[];
  readonly exports: Exports;
  /** By offset of a word's call: where the parts of its noun stand. */
  readonly nouns: ReadonlyMap<number, Literal>;
  readonly placeAt: PlaceAt;
  /** The place of a line and column of `code`. */
  readonly original: (line: number, column: number) => number;
  /** Not empty: the file cannot be evaluated. */
  readonly findings: readonly Finding[];
};

const markName = '__freehold_at';

/** TypeScript to marked JavaScript: types are blanked in place, so that offsets stay; then marks are put in. */
export function prepare(file: string, index: number, text: string): Prepared {
  const placeAt = placesIn(file, text);
  const stripped = strip(file, text);
  if (typeof stripped !== 'string') return unusable(file, placeAt, stripped);
  let program: ReturnType<typeof parse>;
  try {
    program = parse(stripped, { ecmaVersion: 'latest', sourceType: 'module', allowAwaitOutsideFunction: true });
  } catch (cause) {
    return unusable(file, placeAt, parseFinding(cause, placeAt));
  }
  const { imports, exports, words, namespaces } = importsOf(program);
  const findings: Finding[] = [];
  const nouns = new Map<number, Literal>();
  const insertions: Insertion[] = [];
  const refuse = (node: Node, message: string, help: string) =>
    findings.push(finding({ rule: 'not-in-a-model', message, help, at: placeAt(node.start) }));

  const visit = (node: Node, isTop: boolean): void => {
    if (node.type === 'AwaitExpression' && isTop) {
      refuse(
        node,
        'a model file waits for something at its top level, and nothing can arrive in a model.',
        'Remove the await.',
      );
    }
    if (node.type === 'ForOfStatement' && isTop && 'await' in node && node.await === true) {
      refuse(
        node,
        'a model file waits for something at its top level, and nothing can arrive in a model.',
        'Remove the await.',
      );
    }
    if (node.type === 'ImportExpression') {
      refuse(
        node,
        'a model file imports while it runs, and what it depends on must be known before.',
        "Write  import ... from './file.ts'  at its top.",
      );
    }
    if (isCall(node)) {
      const word = calledWord(node, words, namespaces);
      if (word !== null) {
        nouns.set(
          node.start,
          nounLiteral(
            word,
            node.start,
            node.arguments.map((argument) => literalOf(argument)),
          ),
        );
        insertions.push({ at: node.start, text: `${markName}(${index},${node.start},` }, { at: node.end, text: ')' });
      }
    }
    const inside = isTop && !/Function|PropertyDefinition|StaticBlock|MethodDefinition/.test(node.type);
    for (const child of childrenOf(node)) visit(child, inside);
  };
  try {
    visit(program, true);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    return unusable(file, placeAt, tooDeep(placeAt));
  }
  if (words.size + namespaces.size > 0)
    insertions.push({ at: 0, text: `import{at as ${markName}}from'freehold:harness';` });
  insertions.sort((a, b) => a.at - b.at);
  const code = inserted(stripped, insertions);
  return { file, code, imports, exports, nouns, placeAt, original: originalOffset(code, insertions), findings };
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

function childrenOf(node: Node): Node[] {
  const values: unknown[] = Object.values(node);
  return values.flatMap((value) => (Array.isArray(value) ? value : [value])).filter(isNode);
}

function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' && value !== null && 'type' in value && 'start' in value && typeof value.type === 'string'
  );
}

function strip(file: string, text: string): string | Finding {
  const placeAt = placesIn(file, text);
  try {
    return transformSync(text, { mode: 'strip-only', filename: file }).code;
  } catch (cause) {
    if (cause instanceof Error) return tooDeep(placeAt);
    const told: { message?: unknown; code?: unknown; startLine?: unknown; startColumn?: unknown } = Object(cause);
    const at = { file, line: Number(told.startLine ?? 1), column: Number(told.startColumn ?? 0) + 1 };
    return finding(
      told.code === 'UnsupportedSyntax'
        ? {
            rule: 'not-in-a-model',
            message: `${told.message}, so this file cannot be read.`,
            help: 'Write it with types, constants and functions.',
            at,
          }
        : { rule: 'syntax-error', message: `this is no TypeScript: ${told.message}`, help: 'Correct the file.', at },
    );
  }
}

function parseFinding(cause: unknown, placeAt: PlaceAt): Finding {
  if (!(cause instanceof SyntaxError)) return tooDeep(placeAt);
  const offset = 'pos' in cause && typeof cause.pos === 'number' ? cause.pos : 0;
  const message = cause.message.replace(/ \(\d+:\d+\)$/, '');
  return finding({
    rule: 'syntax-error',
    message: `this is no TypeScript: ${message}`,
    help: 'Correct the file.',
    at: placeAt(offset),
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

function unusable(file: string, placeAt: PlaceAt, why: Finding): Prepared {
  return { file, code: '', imports: [], exports: null, nouns: new Map(), placeAt, original: () => 0, findings: [why] };
}
