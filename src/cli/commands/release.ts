import { heldOf, releaseHeld } from '../../run/release.ts';
import { actor } from '../actor.ts';
import { inEnvironment } from '../environment.ts';
import type { ExitStatus } from '../exit.ts';
import { type Output, tableText } from '../output.ts';
import { streamMeant } from '../stream.ts';

/** What reads of a stream hold back, since it would delete much; with `--yes` it goes, with the next read, once. */
export async function releaseCommand(
  address: string,
  options: { readonly dir?: string; readonly env: string; readonly yes?: boolean },
  output: Output,
): Promise<ExitStatus> {
  return inEnvironment(options, output, async ({ plan, containers, ledger }) => {
    const node = streamMeant(plan, address, options.env);
    const all = await heldOf(node, containers);
    const held = all.filter((one) => address === node.stream || one.address === address);
    const waiting = held.filter(({ isReleased }) => !isReleased);
    const released = options.yes === true ? await releaseHeld(node, waiting, actor(), containers, ledger) : [];
    const isGone = (of: string) => released.some((one) => one.address === of);
    output.document({
      version: 1,
      stream: node.stream,
      held: held.map(({ address: of, rowsHere, rowsGone, heldAtMs, isReleased, samples }) => ({
        address: of,
        rowsHere,
        rowsGone,
        heldAt: new Date(heldAtMs).toISOString(),
        released: isReleased || isGone(of),
        samples,
      })),
    });
    if (held.length === 0) {
      output.result(`Nothing of '${address}' is held.`);
      return 0;
    }
    const rows = held.map((one) => [
      one.address,
      one.rowsHere.toLocaleString('en'),
      one.rowsGone.toLocaleString('en'),
      new Date(one.heldAtMs).toISOString(),
      isGone(one.address) || one.isReleased ? 'goes with the next read' : 'held',
    ]);
    output.result(tableText(rows, ['dataset', 'rows here', 'would be deleted', 'since', '']));
    for (const { address: of, samples } of held) output.result(`${of}: for example ${samples.join('; ')}`);
    const changed = waiting.filter((one) => !isGone(one.address));
    if (options.yes !== true && waiting.length > 0)
      output.result('\nNothing was changed. If these rows are really gone at the source, say it with --yes.');
    if (options.yes === true && changed.length > 0) {
      output.problem(
        `Not released, since another read came between: ${changed.map((one) => one.address).join(', ')}. Look again.`,
      );
      return 1;
    }
    return 0;
  });
}
