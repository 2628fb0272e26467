import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { EngineError } from '../../engine/connection.ts';
import type { Plan, StreamDataset, StreamNode } from '../../plan/plan.ts';
import {
  type ErasurePlan,
  erase,
  type Finished,
  finish,
  type InReplica,
  lift,
  type Named,
  planErasure,
} from '../../run/erase.ts';
import { actor } from '../actor.ts';
import { inEnvironment, type OpenEnvironment } from '../environment.ts';
import { keysOf } from '../erase/keys.ts';
import { relatedTo } from '../erase/related.ts';
import { type ExitStatus, UseError } from '../exit.ts';
import { type Output, tableText } from '../output.ts';

export type EraseOptions = {
  readonly dir?: string;
  readonly env: string;
  readonly key?: readonly string[];
  readonly keys?: string;
  readonly where?: string;
  readonly lift?: boolean;
  readonly yes?: boolean;
};

/**
 * Takes a person's rows away, every version of them, in the store and in each replica, and keeps them out from then on; with
 * `--lift` lets them in again. The source is never written to.
 */
export async function eraseCommand(address: string, options: EraseOptions, output: Output): Promise<ExitStatus> {
  return inEnvironment(options, output, async (environment) => {
    const { plan } = environment;
    const target = targetOf(plan, address, options.env);
    const named = await namedBy(target.dataset, options);
    if (named === null) return finishOnly(environment, target.node, options, output);
    const found = await refusing(() => planErasure(plan, target, named, environment.containers));
    if (options.lift === true) return liftThem(environment, target, named, found, options, output);
    tell(found, target, output);
    const related = relatedTo(plan, target.dataset);
    output.result(
      `\nOther datasets are not looked at${related.length === 0 ? '' : `, though by their columns these may have rows of the same person: ${related.join(', ')}`}. Nor is the source: its owner erases there.`,
    );
    const isDone = options.yes === true;
    const by = { actor: actor(), environment: options.env };
    const erased = isDone ? await erase(target, named, by, environment.containers, environment.ledger) : null;
    const finished = isDone ? await finish(plan, target.node, environment.containers, environment.ledger) : null;
    output.document({
      version: 1,
      environment: options.env,
      dataset: address,
      stream: target.node.stream,
      keys: found.keys,
      known: found.known,
      done: isDone,
      ordinal: erased?.ordinal === undefined || erased.ordinal === null ? null : String(erased.ordinal),
      store: { container: target.node.container, places: erased?.gone ?? found.store },
      replicas: (finished?.replicas ?? found.replicas).map(shownReplica),
      related,
      waiting: finished?.waiting ?? null,
      finished: finished?.isFinished ?? null,
    });
    if (erased === null || finished === null) {
      output.note('Nothing was done. To do it:  --yes');
      return 0;
    }
    output.result(
      erased.ordinal === null
        ? '\nNothing of these keys was here, and all of them were erased before.'
        : `\nErased in the store, as ordinal ${erased.ordinal} of '${target.node.stream}': no version of ${plural(found.keys, 'key')} is there any more, and none comes back.`,
    );
    return tellFinished(finished, target.node, output);
  });
}

type Target = { readonly node: StreamNode; readonly dataset: StreamDataset };

function targetOf(plan: Plan, address: string, environment: string): Target {
  const streams = plan.nodes.filter((node) => node.kind === 'stream');
  for (const node of streams) {
    const dataset = node.datasets.find((one) => one.address === address);
    if (dataset === undefined) continue;
    if (dataset.key.length === 0)
      throw new UseError(
        `'${address}' has no key, so neither can one row be told from another nor be kept out once it is erased. Give the dataset a key.`,
      );
    return { node, dataset };
  }
  const below = streams.flatMap((node) => node.datasets.filter((one) => one.address.startsWith(`${address}.`)));
  throw new UseError(
    below.length > 0
      ? `Rows are erased in one dataset at a time. Of '${address}' there are: ${below.map((one) => one.address).join(', ')}.`
      : `No dataset of '${environment}' is at '${address}'. Look at  freehold status`,
  );
}

/** Null: nothing was named. */
async function namedBy(dataset: StreamDataset, options: EraseOptions): Promise<Named | null> {
  const ways = [options.key, options.keys, options.where].filter((way) => way !== undefined);
  if (ways.length > 1) throw new UseError('Say which rows in one way:  --key,  --keys  or  --where');
  if (options.where !== undefined) {
    const at = options.where.indexOf('=');
    const called = options.where.slice(0, Math.max(at, 0)).trim();
    const column = dataset.columns.find(({ name }) => name === called);
    if (at < 1 || column === undefined)
      throw new UseError(
        `'${options.where}' is not  column=value  with a column of '${dataset.address}'. It has: ${dataset.columns.map(({ name }) => name).join(', ')}.`,
      );
    return { kind: 'where', column, text: options.where.slice(at + 1) };
  }
  if (options.keys !== undefined) {
    const lines = await linesOf(options.keys);
    return { kind: 'keys', keys: keysOf(dataset, lines) };
  }
  if (options.key !== undefined) return { kind: 'keys', keys: keysOf(dataset, options.key) };
  if (options.lift === true) throw new UseError('Say whose erasure is lifted:  --key,  --keys  or  --where');
  return null;
}

async function linesOf(file: string): Promise<readonly string[]> {
  try {
    const content = file === '-' ? await readAll(process.stdin) : await readFile(file, 'utf8');
    return content.split(/\r?\n/).filter((line) => line !== '');
  } catch (failure) {
    throw new UseError(
      `The keys in '${file}' cannot be read: ${failure instanceof Error ? failure.message : 'no reason'}`,
    );
  }
}

/** What the operator wrote wrongly is a wrong use, not a failure of the world. */
async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (failure) {
    if (failure instanceof EngineError && failure.kind === 'statement' && failure.cause instanceof EngineError)
      throw new UseError(failure.message);
    throw failure;
  }
}

function tell(found: ErasurePlan, { node, dataset }: Target, output: Output): void {
  const known = found.known === 0 ? '' : `, ${found.known} of them erased before`;
  const samples = found.samples.join('; ');
  output.result(
    `${plural(found.keys, 'key')} of '${dataset.address}'${known}${found.keys === 0 ? '' : `: ${samples}${found.keys > found.samples.length ? '; ...' : ''}`}`,
  );
  const rows = [
    ...found.store.map(({ place, rows: n }) => [node.container, place, n.toLocaleString('en')]),
    ...found.replicas.flatMap(({ container, found: there, problem }) =>
      there === null
        ? [[container, `does not answer: ${problem}`, '']]
        : there.map(({ place, rows: n }) => [container, place, n.toLocaleString('en')]),
    ),
  ];
  output.result(tableText(rows, ['in', 'what', 'rows']));
}

async function liftThem(
  { plan, containers, ledger }: OpenEnvironment,
  target: Target,
  named: Named,
  found: ErasurePlan,
  options: EraseOptions,
  output: Output,
): Promise<ExitStatus> {
  const { node, dataset } = target;
  const by = { actor: actor(), environment: options.env };
  const lifted = options.yes === true ? await lift(plan, target, named, by, containers, ledger) : null;
  output.document({
    version: 1,
    environment: options.env,
    dataset: dataset.address,
    stream: node.stream,
    keys: found.keys,
    known: found.known,
    done: lifted !== null,
    lifted: lifted ?? found.known,
  });
  output.result(
    `${plural(lifted ?? found.known, 'erased key')} of '${dataset.address}' ${lifted === null ? 'would be let in again' : 'may come again'}: with the next change of the row at the source, or with all rows by  ${node.mode === 'cdc' ? `freehold resync ${dataset.address}` : 'the next read that finds a difference'}`,
  );
  if (lifted === null) output.note('Nothing was done. To do it:  --yes');
  return 0;
}

/** Without a key there is only what was begun to be brought to its end. */
async function finishOnly(
  { plan, containers, ledger }: OpenEnvironment,
  node: StreamNode,
  options: EraseOptions,
  output: Output,
): Promise<ExitStatus> {
  if (options.yes !== true)
    throw new UseError('Say whose rows:  --key,  --keys  or  --where.  With --yes alone, what was begun is finished.');
  const finished = await finish(plan, node, containers, ledger);
  output.document({
    version: 1,
    environment: options.env,
    stream: node.stream,
    done: true,
    replicas: finished.replicas.map(shownReplica),
    waiting: finished.waiting,
    finished: finished.isFinished,
  });
  return tellFinished(finished, node, output);
}

function tellFinished({ replicas, waiting, isFinished }: Finished, node: StreamNode, output: Output): ExitStatus {
  for (const { container, found, problem } of replicas)
    output.result(
      problem === null
        ? `${container}: erased${found === null || found.length === 0 ? '' : ` (${found.map(({ place, rows }) => `${rows} ${place}`).join(', ')})`}`
        : `${container}: still to do, before its next step; it does not answer now: ${problem}`,
    );
  if (waiting !== null)
    output.result(
      `Changes wait in the stream's inbox (${waiting}), and these rows may be among them: they are left out when it goes on,  freehold resume ${node.stream} --yes`,
    );
  if (isFinished) {
    output.result(`All erasures of '${node.stream}' are done everywhere.`);
    return 0;
  }
  output.problem(`Not done everywhere yet. freehold status says where; to try again:  freehold erase DATASET --yes`);
  return 3;
}

function shownReplica({ container, found, problem }: InReplica) {
  return { container, places: found, problem };
}

function plural(n: number, what: string): string {
  return `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;
}
