import { Worker } from 'node:worker_threads';
import { finding } from '../../findings/make.ts';
import { workerEntry } from '../bundle.ts';
import type { RootInput, RootResult } from '../root.ts';

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'read'; readonly result: RootResult }
  | { readonly kind: 'aborted'; readonly message: string };

export type ToWorker =
  | { readonly kind: 'open'; readonly input: RootInput }
  | { readonly kind: 'read'; readonly file: string };

/**
 * Evaluates every root in a worker that is killed where it does not answer. A root that costs the worker its life gets a
 * finding that says so, and a new worker goes on with the rest.
 */
export async function judgeRoots(
  input: RootInput,
  judges: Judges = freshJudges,
): Promise<ReadonlyMap<string, RootResult>> {
  const results = new Map<string, RootResult>();
  let worker: Judge | null = null;
  try {
    for (const file of Object.keys(input.roots)) {
      if (worker === null) {
        worker = await judges.take();
        worker.open(input);
      }
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
    if (worker !== null) await judges.giveBack(worker);
  }
  return results;
}

/** Where workers come from, and go to when a model is read. */
export type Judges = { take(): Promise<Judge>; giveBack(judge: Judge): Promise<void> };

/** A worker for each model: whatever a model could do to its interpreter ends with it. */
const freshJudges: Judges = { take: startJudge, giveBack: (judge) => judge.end() };

/**
 * The same worker for one model after the other: it starts in as much time as dozens of small models take. For models
 * that may know of one another.
 */
export function keptJudges(): Judges & AsyncDisposable {
  const idle: Judge[] = [];
  return {
    take: async () => idle.pop() ?? startJudge(),
    giveBack: async (judge) => void idle.push(judge),
    [Symbol.asyncDispose]: async () => void (await Promise.all(idle.splice(0).map((judge) => judge.end()))),
  };
}

type Answer =
  | { readonly kind: 'read'; readonly result: RootResult }
  | { readonly kind: 'lost'; readonly because: string };

type Judge = {
  /** The model that is asked about from now on. */
  open(input: RootInput): void;
  ask(file: string, wallMs: number): Promise<Answer>;
  end(): Promise<void>;
};

async function startJudge(): Promise<Judge> {
  const worker = new Worker(await workerEntry(), {
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
  const say = (message: ToWorker) => worker.postMessage(message);
  return {
    open: (input) => say({ kind: 'open', input }),
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
        say({ kind: 'read', file });
      }),
    end: async () => {
      heard = () => {};
      await worker.terminate();
    },
  };
}

function couldNotJudge(file: string, because: string): RootResult {
  const judged = finding({
    rule: 'could-not-judge',
    message: `'${file}' could not be judged: ${because}.`,
    help: 'A model is data: remove what runs long or nests deep. On a busy machine, try again.',
    at: { file, line: 1, column: 1 },
  });
  return { definitions: [], findings: [judged], places: {}, imports: [], madeFrom: [], isEmpty: false };
}
