import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Access } from '../../src/engine/engine.ts';
import type { ReplicateNode, StreamNode } from '../../src/plan/plan.ts';

/** What a process of ours is to do, alone, while it is measured. */
export type Job =
  | {
      /** Loads what is not loaded and drains what waits in the log. */
      readonly does: 'capture';
      readonly source: Access;
      readonly capture: string;
      readonly store: Access;
      readonly nodes: readonly StreamNode[];
    }
  | {
      /** Follows the log, and a replica the store, until its standard input ends. */
      readonly does: 'follow';
      readonly source: Access;
      readonly capture: string;
      readonly store: Access;
      readonly nodes: readonly StreamNode[];
      readonly replica: { readonly at: Access; readonly node: ReplicateNode } | null;
    }
  | {
      /** Reads whole tables into a store, and from there into a DuckDB replica. */
      readonly does: 'move';
      readonly source: Access;
      readonly store: Access;
      readonly node: StreamNode;
      readonly replicate: ReplicateNode;
      readonly file: string;
      readonly memoryLimit: string;
    }
  | {
      /** Runs streams that have nothing to do, once they are loaded, and watches what that costs. */
      readonly does: 'idle';
      readonly source: Access;
      readonly store: Access;
      readonly ledger: Access;
      readonly streams: { readonly mode: 'cdc' | 'snapshot'; readonly count: number; readonly intervalMs: number };
      /** For what is put aside. */
      readonly directory: string;
      /** Left out at the beginning. */
      readonly settleMs: number;
      readonly windowMs: number;
    };

/** Within the window: CPU of our process and of both clusters, ms; sessions of ours in source and store, at its end. */
export type Idle = {
  readonly ms: number;
  readonly cpuMs: number;
  readonly sourceCpuMs: number;
  readonly storeCpuMs: number;
  readonly atSource: number;
  readonly atStore: number;
};

export type Done = {
  /** From the first to the last thing it did; starting the process is not counted. */
  readonly ms: number;
  /** The most memory that was resident, in bytes. */
  readonly peakBytes: number;
  /** CPU of our process, ms. */
  readonly cpuMs: number;
  readonly rows: number;
  /** That of DuckDB's owner; 0 where there is none. */
  readonly duckdbPeakBytes: number;
  /** Null where nothing was to be idle. */
  readonly idle: Idle | null;
};

/** Runs a job in a process of its own. What it is told holds a password, and may be long: it goes by standard input. */
export function ours(job: Job): Promise<Done> {
  return started(job).done;
}

/** The same; `stop` ends what would go on. */
export function started(job: Job): { readonly done: Promise<Done>; readonly stop: () => void } {
  const program = fileURLToPath(new URL('./ours-run.ts', import.meta.url));
  const profile = process.env.FREEHOLD_BENCH_PROFILE;
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const child = spawn(process.execPath, [...flags, '--import', 'tsx', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // One that ended before it read says why by its end.
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${JSON.stringify(job)}\n`);
  let said = '';
  child.stdout.on('data', (text: Buffer) => {
    said += text.toString();
  });
  const done = new Promise<Done>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) =>
      status === 0 ? resolve(JSON.parse(said)) : reject(new Error(`our process failed at '${job.does}'`)),
    );
  });
  return { done, stop: () => child.stdin.end() };
}
