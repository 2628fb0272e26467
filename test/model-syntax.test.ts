import { readdir, readFile } from 'node:fs/promises';
import { parse } from 'acorn';
import { expect, test } from 'vitest';
import { seeded } from '../src/cli/demo/company/random.ts';
import { syntaxOf } from '../src/load/sandbox/syntax.ts';
import { mutated } from './fuzz/mutate.ts';

/** Where two parsers that share no code give the same tree with the same offsets, it is the language's. */
const first = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

test('what is refused, taken, and where its parts stand, is as another parser says', () => {
  for (const text of samples) expect(read(text), text).toEqual(oracle(text));
});

test('so it is for thousands of lines of JavaScript that nobody wrote for this', async () => {
  const dist = new URL('../node_modules/commander/lib/', import.meta.url);
  const files = (await readdir(dist)).filter((file) => file.endsWith('.js'));
  expect(files.length).toBeGreaterThan(4);
  for (const file of files) {
    // CommonJS is read as a module, too: what a module may not say is refused by both.
    const text = await readFile(new URL(file, dist), 'utf8');
    expect(read(text), file).toEqual(oracle(text));
  }
});

test(`so it is for model files that were bent (seed ${first})`, async () => {
  const page = await readFile(new URL('../docs/model.md', import.meta.url), 'utf8');
  const seeds = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text = '']) => text);
  const met = { taken: 0, refused: 0 };
  for (let seed = first; seed < first + 1500; seed++) {
    const random = seeded(seed);
    const text = mutated('a.ts', random.pick(seeds), random);
    const found = read(text);
    met[found === 'refused' ? 'refused' : 'taken']++;
    expect(found, `FREEHOLD_SEED=${seed}\n${text}`).toEqual(oracle(text));
  }
  expect(Math.min(met.taken, met.refused)).toBeGreaterThan(100);
});

test('what is wrong has its place, and what nests too deeply is told, not thrown', () => {
  expect(syntaxOf('const a = 1;\nconst a = 2;')).toMatchObject({ wrong: { offset: 19 } });
  expect(syntaxOf(`export default ${'['.repeat(200_000)}`)).toEqual({ wrong: 'deep' });
});

function read(text: string): unknown {
  const syntax = syntaxOf(text);
  return 'program' in syntax ? essential(syntax.program) : 'refused';
}

function oracle(text: string): unknown {
  try {
    return essential(parse(text, { ecmaVersion: 'latest', sourceType: 'module', allowAwaitOutsideFunction: true }));
  } catch (cause) {
    if (cause instanceof SyntaxError) return 'refused';
    throw cause;
  }
}

/** Without what one of them alone says beside the standard. */
function essential(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(essential);
  if (typeof node !== 'object' || node === null || node instanceof RegExp) return node;
  const members = Object.entries(node).filter(([name, value]) => !aside.has(name) && value !== undefined);
  const isFunction = 'type' in node && /Function/.test(String(node.type));
  return Object.fromEntries(
    members
      .filter(([name, value]) => !(isFunction && ((name === 'id' && value === null) || name === 'expression')))
      .map(([name, value]) => [name, essential(value)]),
  );
}

const aside = new Set(['range']);

/** What parsers differ in where they differ: early errors, words that are names at times, where a line may end. */
const samples: readonly string[] = [
  'export const a=1; export const a=2;',
  'const a=1;const a=2',
  'export {x}',
  'const x=/[/;',
  'export const x = /a/zz; ',
  'a!',
  'f<T>(x)',
  'export const o={__proto__:1,__proto__:2}',
  'await 1; export default 3',
  'let x = 08;',
  'export default a ?? b || c',
  'const u = "\\u{110000}"',
  'import x, {x} from "y"',
  'label: label: 1',
  'export default [1,,2]',
  'const a = 1n; export default {get a(){return 1}}',
  'with(a){}',
  'return 1',
  'export default async function(){ for await (const x of y){} }',
  '@dec class A{}',
  'class A { #x; static { await 1 } }',
  'class A { static { var q = this.#y } #y = 1 }',
  'export default import.meta.url',
  'const {a, ...b} = c; export {a, b}',
  'var let = 1',
  'enum X {A}',
  'const x: number = 1',
  'x as any',
  'break;',
  'new.target',
  '({a:1,a:2})',
  'delete x',
  '"\\08"',
  'import a from "x" with {type:"json"}',
  'export * as ns from "x"',
  'export {a as "b c"} from "x"',
  'const f = <T>(x) => x',
  'a?.b`c`',
  'async () => { await (x) }',
  'function f(a,a){}',
  '(a,a)=>1',
  '({a=1})',
  '({a=1} = {})',
  'let [a,a] = b',
  'for (let of of x);',
  'for (let i, j of x);',
  'try{}catch(e){let e}',
  'try{}catch([e]){var e}',
  'function* g(){ yield\n* 2 }',
  'if(1) function f(){}',
  'yield = 1',
  'let async; async\n(x)=>1',
  'class A extends B { constructor(){ super() } }',
  'class A { constructor(){ super() } }',
  'super.x',
  'export default class { a = arguments }',
  'x = {__proto__: null, "__proto__": 1}',
  '/\\p{Foo}/u',
  '/[[a]&&b]/v',
  'a => {} ? 1 : 2',
  '-1 ** 2',
  'using x = y',
  '#!/usr/bin/env node\n1',
  '<!-- x',
  'x --> y',
  '\u2028 1',
  '"\u2028"',
  '1_000',
  '1__0',
  '0b12',
  '0o8',
  '00',
  '1.e3',
  '"\\x4"',
  '`\\x4`',
  'f`\\x4`',
  'export default () => {}\n[1]',
  'export const table = 1, x = table',
  'import {a as let} from "x"',
  'import {default as a} from "x"',
  'import {default} from "x"',
  'export {default} from "x"',
  'export default const a = 1',
  'if (1) let\na',
  'if(1) class A{}',
  'do x; while(0) y',
  'var a; let a',
  'let a; var a',
  '{ let a; { var a } }',
  'function a(){} let a',
  '{ function a(){} function a(){} }',
  'switch(1){case 1: let a; case 2: let a}',
  'import.meta = 1',
  'import("x")',
  'import("x",{})',
  'new import("x")',
  'arguments = 1',
  'eval = 1',
  'x = async function await(){}',
  'async function f(){ (await) => 1 }',
  'async (x = await 1) => 1',
  '({async *[Symbol.iterator](){}})',
  'a\n++b',
  'let a = b\n/c/g',
  'continue',
  'l: continue l',
  'l: while(1) continue l',
  'l: while(1) { function f(){ continue l } }',
  '({ get a(x){} })',
  '({ set a(){} })',
  'class A { get constructor(){} }',
  'class A { "constructor"(){} constructor(){} }',
  'class A { #a; #a }',
  'class A { a(){ delete this.#b } #b }',
  'class A{} new A.#x',
  '({}).#x',
  'undefined = 1',
  '({a}) = 1',
  '[a] = 1;',
  '(a) = 1',
  '((a)) => 1',
  '([a]) => 1',
  '(a, ...b,) => 1',
  'f(...a,)',
  '(a,)=>1',
  'a,',
  'let a,',
  'const a',
  'for(const a;;);',
  'for(const a in b);',
  'for (var i = 0 in {});',
  '"use strict"; 010',
  '\\u0061 = 1',
  'l\\u0065t a',
  'export { a }; const a = 1',
  'export { a, a }; const a = 1',
  'export default 1; export default 2',
  'export const a = 1; export {b as a}; const b=2',
  'import {a} from "x"; const a = 1',
  'import {a} from "x"; function a(){}',
  'import * as a, {b} from "x"',
  'import a, * as b from "x"',
  'import from from "x"',
  'import {} from "x"',
  'import "x"',
  'export * from "x"; export * from "x"',
  'export *',
  'debugger',
  'throw\n1',
  '() => {}()',
  '() => {} || 1',
  'async x => {} || 1',
  'new a?.b()',
  'a?.b = 1',
  'a ?? b && c',
  '(a ?? b) && c',
  'a in b in c',
  '#x in y',
  'class A { #x; f(){ return #x in this } }',
  '({ async a(){} , get: 1, set: 2, async: 3, static: 4})',
  '({ "a": 1, [b]: 2, 3: 4, 5n: 6 })',
  'if (a) {} else b',
  'a: function* f(){}',
  'while(1) function f(){}',
  '\ufeff1',
  '\u00a0 1',
  'const \ud835\udc9c = 1',
  'var \u0300',
  '"a\nb"',
  '/a\nb/',
  '/* ',
  '/* \n */ 1',
  '// x',
  'a.if',
  '({if:1})',
  'if.a',
  'enum',
  'implements',
  'package',
  'static = 1',
  'interface = 1',
];
