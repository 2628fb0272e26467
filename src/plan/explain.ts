import { msText } from './demand.ts';
import type { Node, Plan } from './plan.ts';

export type Explanation = {
  readonly address: string;
  /** Sentences, each node's together and in the order in which a row meets them; empty: the plan has no such thing. */
  readonly reasons: readonly { readonly node: string; readonly says: readonly string[] }[];
};

/**
 * Why the plan does what it does with a datastore, a dataset, a workspace or a group. Of a dataset's stream only what
 * concerns the whole stream or this dataset is said.
 */
export function explain(plan: Plan, address: string): Explanation {
  const reasons = plan.nodes
    .filter((node) => concerns(node, address, plan))
    .map((node) => ({
      node: node.id,
      says: [heading(node), ...node.why.filter((why) => isAbout(why, node, address))],
    }));
  return { address, reasons };
}

function concerns(node: Node, address: string, plan: Plan): boolean {
  switch (node.kind) {
    case 'capture':
    case 'verify':
      return plan.nodes.some(
        (other) => other.kind === 'stream' && node.streams.includes(other.id) && concerns(other, address, plan),
      );
    case 'publish':
      return (
        node.group === address ||
        node.group.startsWith(`${address}.`) ||
        node.views.some(({ table }) => table.address === address)
      );
    default:
      return (
        node.stream === address ||
        node.datasets.some((d) => d.address === address || d.address.startsWith(`${address}.`))
      );
  }
}

/** A sentence that begins with another dataset's name is about that one. */
function isAbout(why: string, node: Node, address: string): boolean {
  if (node.kind === 'capture' || node.kind === 'publish' || node.kind === 'verify') return true;
  const dataset = node.datasets.find((each) => each.address === address);
  const name = /^'([^']*)' /.exec(why)?.[1];
  return dataset === undefined || name === undefined || name === dataset.name;
}

function heading(node: Node): string {
  const promised =
    'promisedMs' in node && node.promisedMs !== null ? `, promised within ${msText(node.promisedMs)}` : '';
  switch (node.kind) {
    case 'capture':
      return `Captured from '${node.container}' as '${node.name}'.`;
    case 'stream':
      return `Stream '${node.stream}' is read from '${node.source}' by ${node.mode} into '${node.container}'${promised}.`;
    case 'replicate':
      return `Stream '${node.stream}' is replicated from '${node.store}' to '${node.container}'${promised}.`;
    case 'verify':
      return `Verified against its source and in its replicas, in at most ${node.share * 100}% of one processor's time.`;
    case 'purge':
      return `What nobody may ask for any more of stream '${node.stream}' is taken away from '${node.container}'.`;
    default:
      return `Group '${node.group}' is published in '${node.container}' as schema '${node.schema}'${promised}.`;
  }
}
