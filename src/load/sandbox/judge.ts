import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { finding } from '../../findings/make.ts';
import { workerEntry } from '../bundle.ts';
import type { RootInput, RootResult } from '../root.ts';
import { type SharedTexts, shared } from '../texts.ts';
import { type Given, readHere } from '../written/here.ts';

/** What a worker is told of a model: its files in memory that all workers share. */
type SharedInput = Omit<RootInput, 'roots' | 'schemas'> & {
  readonly roots: SharedTexts;
  readonly schemas: SharedTexts;
};

export type FromWorker =
  | { readonly kind: 'ready' }
  /** Of the files asked for, in order, from where the last message ended. */
  | { readonly kind: 'read'; readonly results: readonly RootResult[] }
  | { readonly kind: 'aborted'; readonly message: string };

export type ToWorker =
  /** `progress`: the index of the file, of those asked for, that it is at. */
  | { readonly kind: 'open'; readonly input: SharedInput; readonly progress: SharedArrayBuffer }
  | { readonly kind: 'read'; readonly files: readonly string[] };

/**
 * Evaluates roots in workers that are killed where they do not answer: `wanted`, of all of `input`. A root that costs its
 * worker its life gets a finding that says so; a new worker goes on with the rest, and no result depends on what ran
 * where, or with what. Of a few, those that need no worker are read without.
 */
export async function judgeRoots(
  input: Given,
  wanted: readonly string[],
  judges: Judges = freshJudges,
): Promise<ReadonlyMap<string, RootResult>> {
  const results = new Map(wanted.length > fewRoots ? [] : await readHere(input, wanted));
  const queue = wanted.filter((file) => !results.has(file));
  if (queue.length === 0) return results;
  const { language, limits, names } = input;
  const [roots, schemas] = [shared(input.roots, names?.roots), shared(input.schemas, names?.schemas)];
  const texts: SharedInput = { language, limits, roots, schemas };
  const workers = workersFor(queue.length);
  const died = new Set<string>();

  const work = async () => {
    let worker: Judge | null = null;
    try {
      for (;;) {
        const files = died.size > 0 ? queue.splice(0, 1) : queue.splice(0, batchOf(queue.length, workers));
        if (files.length === 0) return;
        if (worker === null) {
          worker = await judges.take();
          worker.open(texts);
        }
        const answer = await worker.ask(files, input.limits.wallMs);
        for (const [index, result] of answer.results.entries()) results.set(files[index] ?? '', result);
        if (answer.lost === null) continue;
        await worker.end();
        worker = null;
        const { file, because, mayBeOthers } = answer.lost;
        const rest = files.slice(answer.results.length).filter((one) => one !== file);
        if (mayBeOthers && !died.has(file)) {
          // The process may have run out of what others before it had taken: once more, alone.
          died.add(file);
          queue.unshift(file);
        } else results.set(file, couldNotJudge(file, because));
        queue.unshift(...rest);
      }
    } finally {
      if (worker !== null) await judges.giveBack(worker);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return results;
}

/** How many workers so many roots keep busy. */
function workersFor(roots: number): number {
  return Math.max(1, Math.min(availableParallelism(), mostWorkers, Math.ceil(roots / fewRoots)));
}

const mostWorkers = 4;
/** A worker more costs as much as so many small roots. */
const fewRoots = 60;

/** Large enough that messages cost nothing, small enough that all workers end at one time. */
function batchOf(left: number, workers: number): number {
  return Math.max(1, Math.min(64, Math.ceil(left / (workers * 4))));
}

/** Where workers come from, and go to when a model is read. */
export type Judges = { take(): Promise<Judge>; giveBack(judge: Judge): Promise<void> };

/** Workers for each model: whatever a model could do to its interpreter ends with them. */
const freshJudges: Judges = { take: startJudge, giveBack: (judge) => judge.end() };

/**
 * The same workers for one model after the other: they start in as much time as dozens of small models take. For models
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

/** Fresh ones, so many of which start before they are needed. */
export function startedJudges(count = 1): Judges & AsyncDisposable {
  const started = Array.from({ length: count }, startJudge);
  // Whoever takes one hears of it.
  for (const one of started) one.catch(() => {});
  return {
    take: () => started.shift() ?? startJudge(),
    giveBack: (judge) => judge.end(),
    [Symbol.asyncDispose]: async () =>
      void (await Promise.all(started.splice(0).map(async (one) => (await one).end()))),
  };
}

/** As many as so many roots keep busy start now; none where roots are few enough to be read without. */
export function judgesFor(roots: number): Judges & AsyncDisposable {
  return startedJudges(roots > fewRoots ? workersFor(roots) : 0);
}

type Answer = {
  /** Of the first of the files asked for. */
  readonly results: readonly RootResult[];
  /** The file at which the worker was lost. */
  readonly lost: { readonly file: string; readonly because: string; readonly mayBeOthers: boolean } | null;
};

type Judge = {
  /** The model that is asked about from now on. */
  open(input: SharedInput): void;
  ask(files: readonly string[], wallMs: number): Promise<Answer>;
  end(): Promise<void>;
};

type Heard = FromWorker | { readonly kind: 'died' | 'late'; readonly because: string };

async function startJudge(): Promise<Judge> {
  const worker = new Worker(await workerEntry(), {
    env: {},
    // What a file is made into lives as long as its reading: there is room to let it die young.
    resourceLimits: { maxYoungGenerationSizeMb: 48 },
    // What an aborting interpreter prints is in the finding.
    stderr: true,
    stdout: true,
  });
  worker.stdout.resume();
  worker.stderr.resume();
  const progress = new Int32Array(new SharedArrayBuffer(4));
  let heard: (message: Heard) => void = () => {};
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
  let [roots, schemas]: (readonly string[] | null)[] = [null, null];
  return {
    open: (input) => {
      const untold = (names: readonly string[] | null, before: readonly string[] | null | undefined) =>
        names === before ? null : names;
      const told = {
        ...input,
        roots: { ...input.roots, names: untold(input.roots.names, roots) },
        schemas: { ...input.schemas, names: untold(input.schemas.names, schemas) },
      };
      [roots, schemas] = [input.roots.names, input.schemas.names];
      say({ kind: 'open', input: told, progress: progress.buffer });
    },
    ask: (files, wallMs) =>
      new Promise((resolve) => {
        Atomics.store(progress, 0, 0);
        const results: RootResult[] = [];
        const timer = whenStill(
          () => Atomics.load(progress, 0),
          wallMs,
          () => heard({ kind: 'late', because: `it ran longer than ${wallMs / 1000} s` }),
        );
        const end = (lost: Answer['lost']) => {
          clearInterval(timer);
          heard = () => {};
          resolve({ results, lost });
        };
        heard = (message) => {
          if (message.kind === 'read') {
            for (const result of message.results) results.push(result);
            if (results.length >= files.length) end(null);
            return;
          }
          const file = files[Atomics.load(progress, 0)] ?? '';
          if (message.kind === 'aborted')
            end({ file, because: `the interpreter broke off (${message.message})`, mayBeOthers: false });
          else
            end({
              file,
              because: 'because' in message ? message.because : message.kind,
              mayBeOthers: message.kind === 'died',
            });
        };
        say({ kind: 'read', files });
      }),
    end: async () => {
      heard = () => {};
      await worker.terminate();
    },
  };
}

/** Calls back when a value has not changed for so long. */
function whenStill(value: () => number, wallMs: number, then: () => void): NodeJS.Timeout {
  let last = { value: value(), sinceMs: performance.now() };
  return setInterval(
    () => {
      const now = value();
      if (now !== last.value) last = { value: now, sinceMs: performance.now() };
      else if (performance.now() - last.sinceMs >= wallMs) then();
    },
    Math.min(1000, wallMs / 10),
  );
}

function couldNotJudge(file: string, because: string): RootResult {
  const judged = finding({
    rule: 'could-not-judge',
    message: `'${file}' could not be judged: ${because}.`,
    help: 'A model is data: remove what runs long or nests deep. On a busy machine, try again.',
    at: { file, line: 1, column: 1 },
  });
  return { chunks: [], findings: [judged], imports: [], reads: [file], isEmpty: false };
}
