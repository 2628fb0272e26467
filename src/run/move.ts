import { systemClock } from '../base/clock.ts';
import { groupedBy } from '../base/group.ts';
import { must } from '../base/must.ts';
import { type Connection, EngineError } from '../engine/connection.ts';
import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { type LoadProgress, progressOf } from '../flow/capture/load-progress.ts';
import { ensureBookkeeping } from '../flow/checkpoint.ts';
import { type Moved, type MoveOptions, moveBack, moveStream } from '../flow/move/move.ts';
import type { MovePart } from '../flow/move/record.ts';
import type { Plan } from '../plan/plan.ts';
import { asIfThere, restsIn, type StoreMove, stayingStreams, storeMoves } from '../plan/store-moves.ts';
import type { Containers } from './containers.ts';

export type MovingOptions = Pick<MoveOptions, 'hook'> & {
  /** What cannot move with its history is loaded anew where the plan has it; absent: it is refused. */
  readonly leavesHistory?: boolean;
  /** Called with each part of a stream that has come to its new store. */
  readonly onMoving?: (stream: string, progress: LoadProgress) => void;
};

export type MovedStores = {
  readonly findings: readonly Finding[];
  /** What is to be told once the plan is deployed. */
  readonly told: readonly Finding[];
  /** The stores that streams have left: container ids of the deployed plan. */
  readonly from: ReadonlySet<string>;
  /** The deployed plan, had all that moved always rested where it is now. */
  readonly deployed: Plan | null;
  /** Where nothing comes of the plan: all goes on where it was. */
  readonly giveBack: () => Promise<void>;
};

type Gone = { readonly stream: string; readonly from: string; readonly to: string };

/**
 * Moves streams whose rows are to rest in another database than where the deployed plan has them, one after the other, with their
 * history. `before`: the containers of the deployed plan. Errors among the findings: what cannot move, and why. Errors: EngineError.
 */
export async function moveStores(
  deployed: Plan | null,
  plan: Plan,
  before: Containers,
  containers: Containers,
  options: MovingOptions,
): Promise<MovedStores> {
  const [findings, left]: [Finding[], Finding[]] = [[], []];
  const [gone, there]: [Gone[], Gone[]] = [[], []];
  const giveBack = async () => {
    for (const [from, own] of groupedBy(gone, (one) => one.from)) await giveBackTo(before, from, own);
  };
  // Of a move that was cut, and that this plan does not want any more.
  for (const [container, own] of groupedBy(stayingStreams(deployed, plan), (one) => one.container)) {
    await using store = await containers.connect(container, 'move');
    const streams = own.map(({ stream }) => stream);
    await moveBack(store, streams);
  }
  try {
    for (const move of storeMoves(deployed, plan)) {
      const told = await moveOne(move, must(deployed, 'deployed plan'), plan, before, containers, options);
      findings.push(...told.findings);
      left.push(...told.left);
      if (told.goes === null) continue;
      const one = { stream: move.node.stream, from: move.node.container, to: must(move.to[0], 'container') };
      there.push(one);
      if (told.goes === 'elsewhere') gone.push(one);
    }
  } catch (failure) {
    await giveBack();
    throw failure;
  }
  const from = new Set(gone.map((one) => one.from));
  return { findings, told: left, from, deployed: deployed === null ? null : asIfThere(deployed, there), giveBack };
}

type Told = {
  readonly findings: readonly Finding[];
  readonly left: readonly Finding[];
  /** Where the stream is now; null: it rests where it did. */
  readonly goes: 'elsewhere' | 'by another name' | null;
};

async function moveOne(
  move: StoreMove,
  deployed: Plan,
  plan: Plan,
  before: Containers,
  containers: Containers,
  options: MovingOptions,
): Promise<Told> {
  const [to = move.node.container, ...others] = move.to;
  const at = { fromPlace: restsIn(deployed, move.node.container), toPlace: restsIn(plan, to) };
  if (others.length > 0) return refusedWith(parting(move), move, containersText(move.to), containers, options);
  const into = `'${at.toPlace}'`;
  await using now = await containers.connect(to, 'move');
  let old: Connection;
  try {
    old = await before.connect(move.node.container, 'move');
  } catch (failure) {
    if (!(failure instanceof EngineError)) throw failure;
    return refusedWith(silent(at.fromPlace, failure), move, into, containers, options);
  }
  try {
    const engine = await before.engine(move.node.container);
    if (!isOneKind(old, now)) return await refusedWith(otherEngine, move, into, containers, options);
    const database = async (session: Connection) => (await engine.capture?.database?.(session)) ?? null;
    const [there, here] = [await database(old), await database(now)];
    // By another name, it is where it was.
    if (there !== null && there === here) return { findings: [], left: [], goes: 'by another name' };
    const { onMoving, hook } = options;
    const moved = await moveStream(
      old,
      now,
      { stream: move.node.stream, datasets: move.datasets, ...at },
      {
        nowMs: () => systemClock.nowMs(),
        ...(engine.capture?.parts === undefined ? {} : { parts: engine.capture.parts }),
        ...(hook === undefined ? {} : { hook }),
        onPart: (parts) => onMoving?.(move.node.stream, progressIn(parts)),
      },
    );
    if (moved.kind === 'refused') return await refusedWith(moved, move, into, containers, options);
    const left = moved.kind === 'moved' ? [storeLeft(move.node.stream, at, moved)] : [];
    return { findings: [], left, goes: 'elsewhere' };
  } finally {
    await old[Symbol.asyncDispose]();
  }
}

type Refused = Omit<Extract<Moved, { kind: 'refused' }>, 'kind'>;

/** Where history is left behind on purpose, what the new store has of an earlier time goes on there. */
async function refusedWith(
  refused: Refused,
  { node, to }: StoreMove,
  where: string,
  containers: Containers,
  { leavesHistory = false }: MovingOptions,
): Promise<Told> {
  const isLeft = leavesHistory && refused.mayBeLeft === true;
  if (isLeft)
    for (const container of to) {
      await using now = await containers.connect(container, 'move');
      await ensureBookkeeping(now);
      await moveBack(now, [node.stream]);
    }
  return { findings: [notMoved(node.stream, where, refused, isLeft)], left: [], goes: null };
}

function parting({ to }: StoreMove): Refused {
  return {
    why: `its datasets are to part between ${containersText(to)}, and a stream moves as a whole.`,
    help: 'Have each dataset move alone first ( together: false ), or move all of them to one store; apply, then change the route.',
    mayBeLeft: true,
  };
}

function silent(place: string, { message }: EngineError): Refused {
  return {
    why: `'${place}', where it rests, does not let us in: ${message}`,
    help: 'Let the old store answer until the move is over, with the account that it had.',
    mayBeLeft: true,
  };
}

function containersText(to: readonly string[]): string {
  return to.map((container) => `'${container}'`).join(' and ');
}

const otherEngine: Refused = {
  why: 'its rows rest in another engine, and history moves between stores of one engine.',
  help: 'Give it a store of the engine that it rests in.',
  mayBeLeft: true,
};

function isOneKind(old: Connection, now: Connection): boolean {
  return old.dialect.engine === now.dialect.engine && old.types.transports.includes('binary');
}

function notMoved(stream: string, where: string, { why, help, mayBeLeft }: Refused, isLeft: boolean): Finding {
  const otherwise =
    mayBeLeft === true
      ? ` To give its history up, and load its rows anew:  freehold apply --leave-history ; what was erased from it may come back.`
      : '';
  return finding({
    rule: 'history-not-moved',
    severity: isLeft ? 'warning' : 'error',
    address: stream,
    message: `stream '${stream}' is to rest in ${where}, and cannot move there with its history: ${why} ${
      isLeft ? 'As was asked for, its history stays behind, and its rows are loaded anew.' : 'Nothing of it was moved.'
    }`,
    help: isLeft ? 'Erase again in the new store what was erased from it.' : `${help}${otherwise}`,
  });
}

function storeLeft(
  stream: string,
  { fromPlace, toPlace }: { readonly fromPlace: string; readonly toPlace: string },
  { ordinal, left }: Extract<Moved, { kind: 'moved' }>,
): Finding {
  return finding({
    rule: 'store-left',
    severity: 'warning',
    address: stream,
    message: `stream '${stream}' rests in '${toPlace}' now, with every version, and goes on from ordinal ${ordinal}. What '${fromPlace}' has of it stays there as it was then: nothing goes on there, and no erasure reaches it.`,
    help: `Once nobody reads it there any more, drop it in that database:  ${left.join(' ')}`,
  });
}

function progressIn(parts: readonly MovePart[]): LoadProgress {
  const rows = parts.filter(({ what }) => what !== 'clock');
  const tables = [...groupedBy(rows, ({ of }) => of)].map(([address, own]) => ({ address, parts: own }));
  return progressOf(tables, false);
}

async function giveBackTo(before: Containers, container: string, own: readonly Gone[]): Promise<void> {
  try {
    await using store = await before.connect(container, 'move');
    await moveBack(
      store,
      own.map(({ stream }) => stream),
    );
  } catch (failure) {
    // The next apply finds it, whatever it wants.
    if (!(failure instanceof EngineError)) throw failure;
  }
}
