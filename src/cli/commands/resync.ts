import { readCheckpoint } from '../../flow/checkpoint.ts';
import { askedFor, gapsOf, noteGap } from '../../flow/gaps.ts';
import type { StreamNode } from '../../plan/plan.ts';
import { actor } from '../actor.ts';
import { inEnvironment } from '../environment.ts';
import { type ExitStatus, UseError } from '../exit.ts';
import type { Output } from '../output.ts';

/**
 * Has the rows of a cdc stream, or of one dataset of it, read anew by whoever owns the stream: at once where a process runs,
 * else with the next `freehold run`. What is asked rests in the store, beside the rows.
 */
export async function resyncCommand(
  address: string,
  options: { readonly dir?: string; readonly env: string; readonly yes?: boolean },
  output: Output,
): Promise<ExitStatus> {
  return inEnvironment(options, output, async ({ plan, containers, ledger }) => {
    const streams = plan.nodes.filter((node) => node.kind === 'stream').filter((node) => isMeant(node, address));
    if (streams.length === 0)
      throw new UseError(`No stream or dataset of '${options.env}' is at '${address}'. Look at  freehold status`);
    const asked = [];
    for (const node of streams) {
      if (node.mode !== 'cdc')
        throw new UseError(
          `Stream '${node.stream}' is read by ${node.mode}(): each of its reads compares its rows with the source's, so there is nothing to resync.`,
        );
      await using store = await containers.connect(node.container, 'resync');
      const held = await readCheckpoint(store, node.stream);
      if (held === null || held.ordinal === 0n)
        throw new UseError(`Stream '${node.stream}' is not loaded yet. Begin with  freehold run`);
      const dataset = node.stream === address || !address.includes('.') ? null : address;
      asked.push({ stream: node.stream, dataset, ordinal: held.ordinal });
      const waiting = (await gapsOf(store, node.stream)).filter(({ to }) => to === null);
      const what = dataset === null ? `all datasets of '${node.stream}'` : `'${dataset}'`;
      output.result(
        `${what}: rows are read anew in one view of the source; what differs becomes ordinal ${held.ordinal + 1n}, other rows keep their versions.`,
      );
      for (const { address: part, cause, from } of waiting)
        output.result(`  waiting since ordinal ${from}: ${part ?? 'all datasets'} (${cause})`);
      if (options.yes !== true) continue;
      const detail = { environment: options.env, dataset };
      await ledger.audit({ actor: actor(), verb: 'resync', object: node.stream, detail });
      await noteGap(store, node.stream, { address: dataset, cause: askedFor, isAccepted: true });
    }
    output.document({ version: 1, environment: options.env, done: options.yes === true, streams: asked.map(shown) });
    output.note(
      options.yes === true
        ? 'Asked: whoever runs the stream does it now, else the next  freehold run  does.'
        : 'Nothing was done. To do it:  --yes',
    );
    return 0;
  });
}

function isMeant(node: StreamNode, address: string): boolean {
  return (
    node.stream === address ||
    node.stream.startsWith(`${address}.`) ||
    node.datasets.some((dataset) => dataset.address === address)
  );
}

function shown({ stream, dataset, ordinal }: { stream: string; dataset: string | null; ordinal: bigint }) {
  return { stream, dataset, ordinal: String(ordinal) };
}
