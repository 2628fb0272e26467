import type { StreamNode } from '../../plan/plan.ts';
import { order, type PauseState, pauseState } from '../../run/pause.ts';
import { actor } from '../actor.ts';
import { bytesText } from '../bytes.ts';
import { inEnvironment } from '../environment.ts';
import { type ExitStatus, UseError } from '../exit.ts';
import type { Output } from '../output.ts';
import { streamMeant } from '../stream.ts';

/** Has the changes of a stream wait, or has it go on; without `--yes` it says what would be done. */
export async function pauseCommand(
  verb: 'pause' | 'resume',
  address: string,
  options: { readonly dir?: string; readonly env: string; readonly yes?: boolean },
  output: Output,
): Promise<ExitStatus> {
  return inEnvironment(options, output, async ({ plan, containers, ledger }) => {
    const node = streamMeant(plan, address, options.env);
    const state = await pauseState(node, containers);
    if (!state.isLoaded)
      throw new UseError(`Stream '${node.stream}' is not loaded yet. Begin with  freehold run --env ${options.env}`);
    const isNeeded = verb === 'pause' ? !state.isPaused : state.isPaused || state.inbox?.why === 'parked';
    const isDone = isNeeded && options.yes === true;
    if (isDone) await order(verb, node, actor(), options.env, containers, ledger);
    output.document({
      version: 1,
      environment: options.env,
      done: isDone,
      stream: node.stream,
      datasets: node.datasets.map((dataset) => dataset.address),
      paused: verb === 'pause' ? state.isPaused || isDone : state.isPaused && !isDone,
      inboxBytes: state.inbox?.bytes ?? 0,
    });
    output.result(isNeeded ? whatHappens(verb, node, state) : nothingToDo(verb, node));
    if (isNeeded)
      output.note(
        isDone
          ? 'Ordered: whoever runs the stream does it within seconds, else the next  freehold run  does.'
          : 'Nothing was done. To do it:  --yes',
      );
    return 0;
  });
}

function whatHappens(verb: 'pause' | 'resume', node: StreamNode, { inbox }: PauseState): string {
  const datasets = node.datasets.length === 1 ? '1 dataset' : `all ${node.datasets.length} datasets`;
  if (verb === 'pause')
    return node.mode === 'cdc'
      ? `'${node.stream}', ${datasets}: changes wait in its inbox in the store, and nothing is merged until it is resumed. The log of the source goes on.`
      : `'${node.stream}', ${datasets}: it is not read until it is resumed.`;
  if (node.mode !== 'cdc') return `'${node.stream}', ${datasets}: it is read again at its interval.`;
  const waiting = inbox === null ? 'nothing waits' : `${bytesText(inbox.bytes)} wait`;
  const why = inbox?.why === 'parked' ? ` It was parked: ${inbox.reason}` : '';
  return `'${node.stream}', ${datasets}: what waits in its inbox is merged (${waiting}), then it follows the log as before.${why}`;
}

function nothingToDo(verb: 'pause' | 'resume', { stream }: StreamNode): string {
  return verb === 'pause' ? `'${stream}' is paused already.` : `'${stream}' is neither paused nor parked.`;
}
