import { fork } from 'node:child_process';
import type { LoopEvent } from '../../src/run/events.ts';
import { programOf } from '../support/program.ts';
import type { Order, Said, Told } from './runner-child.ts';

/** A process that runs a plan. */
export type Runner = {
  readonly pid: number;
  readonly name: string;
  /** What it said of its work, in order. */
  readonly events: readonly LoopEvent[];
  /** Its last word, where it failed. */
  readonly failure: () => string | null;
  /** The first event, since it began, of which this holds. Rejects where the process ends before. */
  readonly until: (holds: (event: LoopEvent) => boolean, what: string) => Promise<LoopEvent>;
  /** Resolves when it stands still at the step of its order. */
  readonly reached: Promise<void>;
  /** Its exit code, null where it was killed. */
  readonly exit: Promise<number | null>;
  readonly isOver: () => boolean;
  readonly kill: () => Promise<void>;
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** Its clock is so much ahead of ours, or behind, from now on. */
  readonly jump: (ms: number) => void;
  /** Asks it to stop at its next committed step, and waits. */
  readonly stop: () => Promise<number | null>;
};

/** What `startRunner` starts. */
export function runnerProgram(): Promise<string> {
  return programOf(new URL('./runner-child.ts', import.meta.url));
}

export function startRunner(program: string, order: Omit<Order, 'kind'>): Runner {
  const child = fork(program, [], {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('no process could be started');
  const events: LoopEvent[] = [];
  const waiting = new Set<() => void>();
  let failure: string | null = null;
  let reach = () => {};
  let code: number | null | undefined;
  const tell = (told: Told) => {
    if (child.connected) child.send(told);
  };
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const look = () => {
    for (const each of [...waiting]) each();
  };
  child.on('message', (said: Said) => {
    if (said.kind === 'started') tell({ kind: 'order', ...order });
    if (said.kind === 'event') events.push(said.event);
    if (said.kind === 'failed') failure = said.message;
    if (said.kind === 'reached') reach();
    look();
  });
  const exit = new Promise<number | null>((resolve) => {
    child.once('close', (given) => {
      code = given;
      resolve(given);
      look();
    });
  });
  return {
    pid,
    name: order.name,
    events,
    failure: () => failure,
    until: (holds, what) =>
      new Promise((resolve, reject) => {
        const each = () => {
          const found = events.find(holds);
          if (found === undefined && code === undefined) return;
          waiting.delete(each);
          if (found !== undefined) resolve(found);
          else reject(new Error(`process '${order.name}' ended (${code}, ${failure}) before: ${what}`));
        };
        waiting.add(each);
        each();
      }),
    reached: Promise.race([
      reached,
      exit.then((given) => {
        if (order.stopAt !== undefined)
          throw new Error(`it ended (${given}, ${failure}) before '${order.stopAt.step}'`);
      }),
    ]),
    exit,
    isOver: () => code !== undefined,
    async kill() {
      child.kill('SIGKILL');
      await exit;
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw() {
      child.kill('SIGCONT');
      tell({ kind: 'go on' });
    },
    jump: (ms) => tell({ kind: 'jump', ms }),
    async stop() {
      child.kill('SIGCONT');
      tell({ kind: 'stop' });
      return exit;
    },
  };
}
