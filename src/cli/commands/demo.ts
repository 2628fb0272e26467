import { resolve } from 'node:path';
import { demoLive } from '../demo/live.ts';
import { demoOnce, type OnceOutcome } from '../demo/once.ts';
import { openDemo } from '../demo/session.ts';
import { type ExitStatus, UseError } from '../exit.ts';
import { onInterrupt } from '../interrupt.ts';
import { type Output, tableText } from '../output.ts';

/** The sample company through the whole pipeline. Times count from the start of the boot script, less its installing. */
export async function demoCommand(
  options: { readonly dir: string; readonly once?: boolean; readonly rate: string; readonly postgres?: string },
  output: Output,
): Promise<ExitStatus> {
  const changesPerSecond = Number(options.rate);
  if (!Number.isFinite(changesPerSecond) || changesPerSecond < 0) {
    throw new UseError(`--rate is how many changes a second the company makes, such as 50; '${options.rate}' is none.`);
  }
  const root = resolve(options.dir);
  const installMs = Number(process.env.FREEHOLD_INSTALL_MS ?? 0);
  const startedMs = Number(process.env.FREEHOLD_BOOT_STARTED_MS ?? performance.timeOrigin);
  const sinceMs = () => Math.round(Date.now() - startedMs - installMs);

  using interrupt = onInterrupt(output, 'stopping what was started here');
  const opened = await openDemo(root, options.postgres, interrupt.signal, output);
  if (opened === null) return 1;
  await using environment = opened;
  if (interrupt.signal.aborted) return 0;
  if (options.once !== true) {
    await demoLive(environment, { root, changesPerSecond, signal: interrupt.signal }, output);
    return 0;
  }
  const outcome = await demoOnce(environment, sinceMs, interrupt.signal, output);
  if (outcome === null) return 0;
  output.document({ version: 1, installMs, ...outcome, portalUrl: null });
  output.result(outcomeText(outcome, installMs));
  return outcome.verify.differences === 0 ? 0 : 1;
}

function outcomeText({ firstRowMs, caughtUpMs, datasets, verify }: OnceOutcome, installMs: number): string {
  const rows = datasets.map((d) => [d.address, String(d.sourceRows), String(d.liveRows), String(d.historyRows)]);
  return [
    tableText(rows, ['dataset', 'source rows', 'live rows', 'versions']),
    '',
    `installed in ${installMs} ms; first row in a consumer's view after ${firstRowMs} ms; caught up after ${caughtUpMs} ms`,
    `verified ${verify.checked} rows: ${verify.differences} differences`,
  ].join('\n');
}
