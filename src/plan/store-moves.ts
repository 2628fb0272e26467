import { groupedBy } from '../base/group.ts';
import { successors } from './moved.ts';
import { placeText } from './place.ts';
import type { Plan, StreamDataset, StreamNode } from './plan.ts';

/**
 * A stream whose rows are to rest in another database than where the deployed plan has them. It moves as a whole and as it is, as
 * one stream under one name: whatever else the plan makes of it is done where it has come to.
 */
export type StoreMove = {
  /** As it is deployed. */
  readonly node: StreamNode;
  /** Those of its datasets that the plan still has, as they are deployed. */
  readonly datasets: readonly StreamDataset[];
  /** Container ids of the plan, one of which it moves to. Several: its datasets are to part, and it cannot. */
  readonly to: readonly string[];
};

/** The streams of the deployed plan that have another store in this one. */
export function storeMoves(deployed: Plan | null, plan: Plan): readonly StoreMove[] {
  return deployed === null ? [] : places(deployed, plan).filter((one) => !isStaying(one, deployed, plan));
}

/** Those that rest where they did, and whose rows this plan has; one container each. */
export function stayingStreams(
  deployed: Plan | null,
  plan: Plan,
): readonly { readonly stream: string; readonly container: string }[] {
  if (deployed === null) return [];
  return places(deployed, plan)
    .filter((one) => isStaying(one, deployed, plan))
    .flatMap(({ node: { stream }, to }) => to.map((container) => ({ stream, container })));
}

function places(deployed: Plan, plan: Plan): readonly StoreMove[] {
  return [...groupedBy(successors(deployed, plan), ({ old }) => old.node.id).values()].flatMap(
    (own): readonly StoreMove[] => {
      const [first] = own;
      if (first === undefined) return [];
      const to = new Map(own.map(({ now }) => [restsIn(plan, now.node.container), now.node.container]));
      return [{ node: first.old.node, datasets: own.map(({ old }) => old.dataset), to: [...to.values()] }];
    },
  );
}

function isStaying({ node, to }: StoreMove, deployed: Plan, plan: Plan): boolean {
  const here = restsIn(deployed, node.container);
  return to.every((container) => restsIn(plan, container) === here);
}

/** The plan as it would be, had these streams always rested where they have come to. */
export function asIfThere(plan: Plan, moved: readonly { readonly stream: string; readonly to: string }[]): Plan {
  const places = new Map(moved.map(({ stream, to }) => [stream, to]));
  return {
    ...plan,
    nodes: plan.nodes.map((node) =>
      node.kind === 'stream' ? { ...node, container: places.get(node.stream) ?? node.container } : node,
    ),
  };
}

/** What a container is called where a person is told of it: its id, where the plan does not have it. */
export function restsIn(plan: Plan, container: string): string {
  const known = plan.containers[container];
  return known === undefined ? container : placeText(known);
}
