import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSHandle,
  type QuickJSWASMModule,
  Scope,
} from 'quickjs-emscripten-core';
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
  readonly language: string;
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
  evaluate<T>(modules: Modules, limits: Limits, use: (text: string, matches: Matches) => T): Evaluated<T>;
};

export async function openSandbox(): Promise<Sandbox> {
  const quickjs = await newQuickJSWASMModuleFromVariant(import('@jitl/quickjs-ng-wasmfile-release-sync'));
  return { evaluate: (modules, limits, use) => evaluateIn(quickjs, modules, limits, use) };
}

function evaluateIn<T>(
  quickjs: QuickJSWASMModule,
  modules: Modules,
  limits: Limits,
  use: (text: string, matches: Matches) => T,
): Evaluated<T> {
  return Scope.withScope((scope) => {
    const runtime = scope.manage(quickjs.newRuntime());
    runtime.setMemoryLimit(limits.memoryBytes);
    runtime.setMaxStackSize(limits.stackBytes);
    let fuel = limits.fuel;
    runtime.setInterruptHandler(() => --fuel < 0);
    runtime.setModuleLoader(
      (name) => internal.get(name) ?? (name === 'freehold' ? modules.language : modules.code(name)),
      (from, specifier) =>
        from === entryName || specifier.startsWith('freehold') ? specifier : modules.resolve(from, specifier),
    );
    const context = scope.manage(runtime.newContext());
    const threw = (error: QuickJSHandle): Evaluated<T> => {
      const isSpent = fuel < 0;
      // What the author threw may compute its message when read: a little fuel for that.
      fuel = 100;
      const told: { name?: unknown; message?: unknown; stack?: unknown } = Object(context.dump(error));
      const message = told.message === undefined ? bounded(told) : `${bounded(told.name)}: ${bounded(told.message)}`;
      const met = isSpent ? 'fuel' : /^InternalError: out of memory/.test(message) ? 'memory' : null;
      return { kind: 'threw', message, stack: bounded(told.stack ?? ''), met };
    };
    const evaluated = context.evalCode(entry(modules, limits), entryName, { type: 'module' });
    if (evaluated.error) return threw(scope.manage(evaluated.error));
    const exported = scope.manage(evaluated.value);
    const matches: Matches = (patterns, names) => {
      const wanted = scope.manage(context.newString(JSON.stringify({ patterns, names })));
      const result = context.callFunction(
        scope.manage(context.getProp(exported, 'matches')),
        context.undefined,
        wanted,
      );
      if (result.error) {
        scope.manage(result.error);
        return null;
      }
      return JSON.parse(context.getString(scope.manage(result.value)));
    };
    const text = context.getString(scope.manage(context.getProp(exported, 'out')));
    return { kind: 'value', value: use(text, matches) };
  });
}

const internal: ReadonlyMap<string, string> = new Map([['freehold:harness', harnessSource]]);
const entryName = 'freehold:entry';

/** Harness first: it locks the door before author code runs. The rest of the closure is imported to know what is theirs. */
function entry(modules: Modules, limits: Limits): string {
  const others = modules.others.map((name, i) => `import * as o${i} from ${JSON.stringify(name)};`);
  return [
    `import { walk, matches } from 'freehold:harness';`,
    `import 'freehold';`,
    `import * as root from ${JSON.stringify(modules.root)};`,
    ...others,
    `export const out = walk(root, [${modules.others.map((_, i) => `o${i}`).join(',')}], ${limits.outputCharacters});`,
    `export { matches };`,
  ].join('\n');
}

function bounded(value: unknown): string {
  return String(value).slice(0, 2000);
}
