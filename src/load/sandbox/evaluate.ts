import { newQuickJSWASMModuleFromVariant, type QuickJSContext, type QuickJSHandle } from 'quickjs-emscripten-core';
import type { Limits } from '../limits.ts';
import { harnessSource } from './harness.ts';

/** What evaluating one root came to. */
export type Evaluated<T> =
  | { readonly kind: 'value'; readonly value: T }
  /** Author code threw, or met a limit. `stack`: QuickJS's frames, innermost first. */
  | {
      readonly kind: 'threw';
      readonly message: string;
      readonly stack: string;
      readonly met: 'fuel' | 'memory' | null;
    };

export type Modules = {
  /** Module name of the root and of the others, with their code; what a specifier of a module stands for. */
  readonly root: string;
  readonly others: readonly string[];
  readonly code: (name: string) => string;
  readonly resolve: (from: string, specifier: string) => string;
};

/**
 * For each pattern the indexes of the names that it finds itself in: evaluated in the sandbox, where a bad pattern costs
 * fuel. Null where it costs too much or is none.
 */
export type Matches = (
  patterns: readonly { readonly pattern: string; readonly flags: string }[],
  names: readonly string[],
) => readonly (readonly number[])[] | null;

/** One instance of the interpreter: a native abort of it throws out of `evaluate`, after which it must not be used. */
export type Sandbox = {
  /** `use`: what is wanted of the value, while the sandbox still holds it. */
  evaluate<T>(modules: Modules, limits: Limits, use: (text: string, matches: Matches) => T): Evaluated<T>;
  /** An evaluation made its memory grow, which cannot shrink: another instance should take over. */
  isGrown(): boolean;
};

/**
 * An instance whose memory is noted once, when a runtime is locked and the language is loaded, and put back before each
 * evaluation: each begins in the same bytes, as a fresh runtime would, whatever ran before. (Beyond them lies what the
 * allocator has not given out yet: it is written before it is read.) That costs a copy of about a megabyte where making a
 * runtime, reading the language and freezing what it offers cost some twenty times as much.
 */
export async function openSandbox(language: string): Promise<Sandbox> {
  const quickjs = await newQuickJSWASMModuleFromVariant(import('@jitl/quickjs-ng-wasmfile-release-sync'));
  const memory: Memory = quickjs.getWasmMemory();
  const size = memory.buffer.byteLength;
  const runtime = quickjs.newRuntime();
  let fuel = Number.POSITIVE_INFINITY;
  let asked: Modules | null = null;
  runtime.setInterruptHandler(() => --fuel < 0);
  runtime.setModuleLoader(
    (name) =>
      name === 'freehold:harness' ? harnessSource : name === 'freehold' ? language : (asked?.code(name) ?? ''),
    (from, specifier) =>
      from.startsWith('freehold:') || specifier.startsWith('freehold')
        ? specifier
        : (asked?.resolve(from, specifier) ?? specifier),
  );
  const context = runtime.newContext();
  // Harness first: it locks the door before anything else runs. The language is ours, and is loaded behind it.
  context
    .unwrapResult(
      context.evalCode(`import 'freehold:harness';import 'freehold';`, 'freehold:start', { type: 'module' }),
    )
    .dispose();
  const start = written(memory);
  // Handles of former evaluations name bytes that were put back: none is kept, and none is disposed of.
  return {
    isGrown: () => memory.buffer.byteLength > size,
    evaluate: (modules, limits, use) => {
      new Uint8Array(memory.buffer).set(start);
      runtime.setMemoryLimit(limits.memoryBytes);
      runtime.setMaxStackSize(limits.stackBytes);
      fuel = limits.fuel;
      asked = modules;
      const evaluated = context.evalCode(entry(modules, limits), entryName, { type: 'module' });
      if (evaluated.error) {
        const isSpent = fuel < 0;
        // What the author threw may compute its message when read: a little fuel for that.
        fuel = 100;
        return threw(context, evaluated.error, isSpent);
      }
      const exported = evaluated.value;
      const matches: Matches = (patterns, names) => {
        const wanted = context.newString(JSON.stringify({ patterns, names }));
        const result = context.callFunction(context.getProp(exported, 'matches'), context.undefined, wanted);
        return result.error ? null : JSON.parse(context.getString(result.value));
      };
      return { kind: 'value', value: use(context.getString(context.getProp(exported, 'out')), matches) };
    },
  };
}

/** A WebAssembly memory: its buffer is another one after it grew. */
type Memory = { readonly buffer: ArrayBuffer };

const entryName = 'freehold:entry';

/** The memory up to its last byte that is not zero. */
function written(memory: Memory): Uint8Array {
  const words = new Uint32Array(memory.buffer);
  let end = words.length;
  while (end > 0 && words[end - 1] === 0) end--;
  return new Uint8Array(memory.buffer.slice(0, end * 4));
}

function threw(context: QuickJSContext, error: QuickJSHandle, isSpent: boolean): Evaluated<never> {
  const dumped: unknown = context.dump(error);
  const told: { name?: unknown; message?: unknown; stack?: unknown } = Object(dumped);
  const message = messageOf(dumped, told);
  const met = isSpent ? 'fuel' : /^InternalError: out of memory/.test(message) ? 'memory' : null;
  return { kind: 'threw', message, stack: bounded(told.stack ?? ''), met };
}

/** The rest of the closure is imported to know what is theirs. */
function entry(modules: Modules, limits: Limits): string {
  const others = modules.others.map((name, i) => `import * as o${i} from ${JSON.stringify(name)};`);
  return [
    `import { walk, matches } from 'freehold:harness';`,
    `import * as root from ${JSON.stringify(modules.root)};`,
    ...others,
    `export const out = walk(root, [${modules.others.map((_, i) => `o${i}`).join(',')}], ${limits.outputCharacters});`,
    `export { matches };`,
  ].join('\n');
}

/** Whatever was thrown: an error, a text, nothing. */
function messageOf(
  dumped: unknown,
  { name, message }: { readonly name?: unknown; readonly message?: unknown },
): string {
  if (typeof message === 'string') return `${typeof name === 'string' ? `${bounded(name)}: ` : ''}${bounded(message)}`;
  // What fails when it is shown comes as no text at all.
  if (typeof dumped === 'string' && dumped !== '') return `it threw '${bounded(dumped)}'`;
  return `it threw ${dumped === null || !['object', 'string'].includes(typeof dumped) ? bounded(dumped) : 'something that is no error'}`;
}

function bounded(value: unknown): string {
  return String(value).slice(0, 2000);
}
