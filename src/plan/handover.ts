import { groupedBy } from '../base/group.ts';
import { placeText } from './place.ts';
import type { Plan, StreamNode } from './plan.ts';
import { restsIn, type StoreMove, storeMoves } from './store-moves.ts';

/**
 * What becomes of streams that run and of their rows, in sentences, by the stream: which stream takes whose datasets over,
 * what is compared with the source again, and what readers notice of it.
 */
export function handoverLines(deployed: Plan | null, proposed: Plan): ReadonlyMap<string, readonly string[]> {
  const lines = new Map<string, string[]>();
  if (deployed === null) return lines;
  const say = (stream: string, line: string) => lines.set(stream, [...(lines.get(stream) ?? []), line]);
  const owners = ownersIn(deployed);
  const after = streamsOf(proposed);
  const moves = new Map(storeMoves(deployed, proposed).map((move) => [move.node.stream, move]));
  // From where it has come to, where it moves.
  const isTaken = ({ stream }: StreamNode) => (moves.get(stream)?.to.length ?? 1) === 1;
  for (const node of after) {
    const olds = new Set(node.datasets.flatMap(({ address }) => owners.get(address) ?? []));
    for (const old of olds) {
      const move = moves.get(old.stream);
      if (move !== undefined) say(node.stream, moveLine(move, deployed, proposed));
    }
    const here = [...olds].filter(isTaken);
    for (const old of here.filter(({ stream }) => stream !== node.stream)) {
      const names = node.datasets.filter(({ address }) => owners.get(address) === old).map(({ name }) => `'${name}'`);
      say(
        node.stream,
        `takes ${names.join(', ')} over from stream '${old.stream}', with every version: nothing is read anew, and readers notice nothing`,
      );
    }
    const [how] = here.map((old) => rereading([old, deployed], [node, proposed])).filter((line) => line !== null);
    if (how !== undefined) say(node.stream, how);
  }
  for (const [stream, heirs] of heirsOf(owners, after, isTaken))
    say(stream, `its datasets go on with ${heirs.map((heir) => `'${heir}'`).join(', ')}`);
  return lines;
}

function moveLine({ node, to }: StoreMove, deployed: Plan, proposed: Plan): string {
  const [one = node.container, ...others] = to;
  const isRebound = one === node.container;
  const [from, into] = isRebound ? [restsIn(deployed, node.container), restsIn(proposed, one)] : [node.container, one];
  if (others.length > 0)
    return `its datasets are to part between ${to.map((container) => `'${container}'`).join(' and ')}: a stream moves with its history as a whole, so apply would refuse it`;
  return `moves from '${from}' to '${into}' with every version: it is copied while it goes on, and readers notice nothing`;
}

/** Datasets of streams, by address. */
function ownersIn(plan: Plan): ReadonlyMap<string, StreamNode> {
  return new Map(streamsOf(plan).flatMap((node) => node.datasets.map(({ address }) => [address, node])));
}

function streamsOf(plan: Plan): readonly StreamNode[] {
  return plan.nodes.filter((node) => node.kind === 'stream');
}

/** Why rows are compared with the source's once; null: they go on from where they are. */
function rereading(
  [old, before]: readonly [StreamNode, Plan],
  [node, after]: readonly [StreamNode, Plan],
): string | null {
  const [was, is] = [placeIn(before, old), placeIn(after, node)];
  const once = 'rows that are as they were keep their versions, and what differs becomes one correction';
  if (was !== is)
    return `reads ${was} -> ${is}: unless it is the same database, all rows are read once and compared; ${once}${
      node.mode === 'cdc' ? '; changes in between are known by their result alone, and history says so as a gap' : ''
    }`;
  if (old.mode === node.mode) return null;
  return `read by ${old.mode} -> ${node.mode}: all rows are read once and compared; ${once}`;
}

function placeIn(plan: Plan, { source }: StreamNode): string {
  const container = plan.containers[source];
  return container === undefined ? source : placeText(container);
}

/** Streams that the plan has no longer, with those that have their datasets. */
function heirsOf(
  owners: ReadonlyMap<string, StreamNode>,
  after: readonly StreamNode[],
  isTaken: (old: StreamNode) => boolean,
): readonly (readonly [string, readonly string[]])[] {
  const kept = new Set(after.map(({ stream }) => stream));
  const pairs = after.flatMap((node) =>
    node.datasets.flatMap(({ address }) => {
      const old = owners.get(address);
      return old === undefined || kept.has(old.stream) || !isTaken(old) ? [] : [{ old: old.stream, heir: node.stream }];
    }),
  );
  return [...groupedBy(pairs, ({ old }) => old)].map(([old, each]) => [
    old,
    [...new Set(each.map(({ heir }) => heir))],
  ]);
}
