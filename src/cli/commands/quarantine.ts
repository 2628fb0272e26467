import { inQuarantine, letThrough, orderKeys, type QuarantinedDataset } from '../../run/quarantine.ts';
import { actor } from '../actor.ts';
import { inEnvironment } from '../environment.ts';
import { type ExitStatus, UseError } from '../exit.ts';
import { type Output, tableText } from '../output.ts';
import { streamMeant } from '../stream.ts';

export type QuarantineOptions = {
  readonly dir?: string;
  readonly env: string;
  readonly key?: readonly string[];
  readonly check?: string;
  readonly yes?: boolean;
};

/**
 * Changes that wait since a check diverted them, and checks that stop a stream: shown, released (merged as one correction;
 * of a check that stops, let through once) or dropped. Whoever owns the stream does what is ordered.
 */
export async function quarantineCommand(
  what: string,
  address: string,
  options: QuarantineOptions,
  output: Output,
): Promise<ExitStatus> {
  if (what !== 'list' && what !== 'release' && what !== 'drop')
    throw new UseError(
      `Changes in quarantine are listed, released or dropped:  freehold quarantine list|release|drop ADDRESS.  There is no '${what}'.`,
    );
  return inEnvironment(options, output, async ({ plan, containers, ledger }) => {
    const node = streamMeant(plan, address, options.env);
    const datasets = node.datasets.filter((one) => address === node.stream || one.address === address);
    const found = await inQuarantine(node, datasets, containers);
    const isOrder = what !== 'list';
    const { key: keys = null, check = null } = options;
    if (isOrder && (keys !== null || check !== null) && found.length > 1)
      throw new UseError(
        `A key or a check is of one dataset. Name it: ${found.map((one) => one.dataset.address).join(', ')}.`,
      );
    if (check !== null && what === 'drop')
      throw new UseError(
        'What a check stops is not in quarantine yet: there is nothing to drop. Release lets it through once.',
      );
    const stopped = found
      .flatMap((one) => one.stopped.map((result) => ({ one, result })))
      .filter(({ result }) => check === null || result.check === check);
    if (check !== null && stopped.length === 0)
      throw new UseError(`No check '${check}' stops '${address}'. Look at  freehold quarantine list ${address}`);
    let ordered = 0;
    if (isOrder && options.yes === true && check !== null)
      for (const { one, result } of stopped)
        ordered += (await letThrough(one, result, actor(), containers, ledger)) ? 1 : 0;
    else if (isOrder && options.yes === true)
      for (const one of found.filter(({ keys: waiting }) => waiting > 0))
        ordered += await orderKeys(one, { what, keys }, actor(), containers, ledger);
    const now = isOrder && options.yes === true ? await inQuarantine(node, datasets, containers) : found;
    output.document({
      version: 1,
      stream: node.stream,
      action: what,
      ordered,
      datasets: now.map(shown),
    });
    tell(address, now, output);
    if (!isOrder) return 0;
    if (options.yes !== true) {
      output.result('\nNothing was changed. To do it:  --yes');
      return 0;
    }
    const isWanting = ordered < (keys?.length ?? (check === null ? 0 : 1));
    if (isWanting) {
      output.problem(
        `Only ${ordered} of what was named is there still. Look again:  freehold quarantine list ${address}`,
      );
      return 1;
    }
    output.result(
      ordered === 0
        ? '\nThere is nothing to do.'
        : `\nOrdered: whoever runs '${node.stream}' does it now, else the next  freehold run  does.`,
    );
    return 0;
  });
}

function shown({ dataset, keys, changes, waiting, stopped }: QuarantinedDataset) {
  return {
    address: dataset.address,
    keys,
    changes,
    waiting: waiting.map(({ key, check, changes: of, ordinal, sinceMs, isDeleted, fits, order }) => ({
      key,
      check,
      changes: of,
      ordinal: String(ordinal),
      since: new Date(sinceMs).toISOString(),
      deleted: isDeleted,
      fits,
      order,
    })),
    stopped: stopped.map(({ check, failed, ordinal, samples, acceptedTo }) => ({
      check,
      failed,
      ordinal: String(ordinal),
      samples,
      letThrough: acceptedTo !== null && acceptedTo === ordinal,
    })),
  };
}

function tell(address: string, found: readonly QuarantinedDataset[], output: Output): void {
  const rows = found.flatMap(({ dataset, waiting }) =>
    waiting.map((one) => [
      dataset.address,
      one.key,
      one.check ?? '(goes with another key)',
      String(one.changes),
      String(one.ordinal),
      new Date(one.sinceMs).toISOString(),
      one.order !== null ? `${one.order} is ordered` : one.fits ? '' : 'beyond its columns: cannot be released',
    ]),
  );
  if (rows.length > 0)
    output.result(tableText(rows, ['dataset', 'key', 'check', 'changes', 'from ordinal', 'since', '']));
  for (const { dataset, keys, waiting } of found)
    if (keys > waiting.length) output.result(`${dataset.address}: ${keys} keys in all, of which the first are shown`);
  for (const { dataset, stopped } of found)
    for (const { check, failed, ordinal, samples, acceptedTo } of stopped) {
      const isLet = acceptedTo !== null && acceptedTo === ordinal;
      const rowsOf = samples.length === 0 ? '' : `, such as ${samples.join('; ')}`;
      output.result(
        `${dataset.address}: ${check} stops at ordinal ${ordinal}, ${failed} failing${rowsOf}${isLet ? '; it is let through with the next batch' : ''}`,
      );
    }
  if (rows.length === 0 && found.every(({ stopped }) => stopped.length === 0))
    output.result(`Nothing of '${address}' waits in quarantine, and no check stops it.`);
}
