import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { finding } from '../../findings/make.ts';
import type { RootInput, RootResult } from '../root.ts';

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'read'; readonly result: RootResult }
  | { readonly kind: 'aborted'; readonly message: string };

/**
 * Evaluates every root in a worker that is killed where it does not answer. A root that costs the worker its life gets a
 * finding that says so, and a new worker goes on with the rest.
 */
export async function judgeRoots(input: RootInput): Promise<ReadonlyMap<string, RootResult>> {
  const results = new Map<string, RootResult>();
  let worker: Judge | null = null;
  try {
    for (const file of Object.keys(input.roots)) {
      worker ??= await startJudge(input);
      const answer = await worker.ask(file, input.limits.wallMs);
      if (answer.kind === 'read') {
        results.set(file, answer.result);
        continue;
      }
      await worker.end();
      worker = null;
      results.set(file, couldNotJudge(file, answer.because));
    }
  } finally {
    await worker?.end();
  }
  return results;
}

type Answer =
  | { readonly kind: 'read'; readonly result: RootResult }
  | { readonly kind: 'lost'; readonly because: string };

type Judge = {
  ask(file: string, wallMs: number): Promise<Answer>;
  end(): Promise<void>;
};

async function startJudge(input: RootInput): Promise<Judge> {
  const worker = new Worker(workerEntry(), {
    workerData: input,
    env: {},
    // What an aborting interpreter prints is in the finding.
    stderr: true,
    stdout: true,
  });
  worker.stdout.resume();
  worker.stderr.resume();
  let heard: (message: FromWorker | { readonly kind: 'died'; readonly because: string }) => void = () => {};
  worker.on('message', (message: FromWorker) => heard(message));
  worker.on('error', (cause) =>
    heard({ kind: 'died', because: cause instanceof Error ? cause.message : String(cause) }),
  );
  worker.on('exit', (code) => heard({ kind: 'died', because: `the worker ended with ${code}` }));
  await new Promise<void>((resolve, reject) => {
    heard = (message) => {
      if (message.kind === 'ready') resolve();
      else
        reject(new Error(`bug: the sandbox does not start: ${'because' in message ? message.because : message.kind}`));
    };
  });
  return {
    ask: (file, wallMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(
          () => heard({ kind: 'died', because: `it ran longer than ${wallMs / 1000} s` }),
          wallMs,
        );
        heard = (message) => {
          clearTimeout(timer);
          heard = () => {};
          if (message.kind === 'read') resolve(message);
          else if (message.kind === 'aborted')
            resolve({ kind: 'lost', because: `the interpreter broke off (${message.message})` });
          else resolve({ kind: 'lost', because: 'because' in message ? message.because : message.kind });
        };
        worker.postMessage(file);
      }),
    end: async () => {
      heard = () => {};
      await worker.terminate();
    },
  };
}

/** Node does not read TypeScript in a worker: from the sources, a line of JavaScript teaches it to. */
function workerEntry(): URL {
  if (!import.meta.url.endsWith('.ts')) return new URL('./worker.js', import.meta.url);
  const teacher = new URL(
    './dist/esm/api/index.mjs',
    pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json')),
  ).href;
  const entry = new URL('./worker.ts', import.meta.url).href;
  const code = `import{register}from${JSON.stringify(teacher)};register();await import(${JSON.stringify(entry)});`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}

function couldNotJudge(file: string, because: string): RootResult {
  const judged = finding({
    rule: 'could-not-judge',
    message: `'${file}' could not be judged: ${because}.`,
    help: 'A model is data: remove what runs long or nests deep. On a busy machine, try again.',
    at: { file, line: 1, column: 1 },
  });
  return { definitions: [], findings: [judged], places: {}, imports: [], isEmpty: false };
}
