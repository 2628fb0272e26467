import { systemClock } from '../../base/clock.ts';
import { deployPlan } from '../../run/deploy.ts';
import type { LoopEvent } from '../../run/events.ts';
import { runOnce, runResident } from '../../run/loop.ts';
import { recordProgress } from '../../run/progress.ts';
import { inEnvironment } from '../environment.ts';
import type { ExitStatus } from '../exit.ts';
import { onInterrupt } from '../interrupt.ts';
import { loadingText, movingText } from '../loading.ts';
import type { Output } from '../output.ts';
import { blocks, tell, tellRefusal } from '../project.ts';
import { tellSwitching } from '../switching.ts';

/** Applies what the model says, then moves rows: for ever, or with `--once` until all is caught up. */
export async function runCommand(
  options: { readonly dir?: string; readonly env: string; readonly once?: boolean },
  output: Output,
): Promise<ExitStatus> {
  return inEnvironment(options, output, async (environment, project) => {
    using interrupt = onInterrupt(output, 'stopping at the next committed batch; once more to stop at once');
    const findings = await deployPlan(environment.plan, environment.containers, environment.ledger, {
      onMoving: occasionally((stream, progress) => output.note(`${stream} ${movingText(progress)}`)),
      onSwitching: tellSwitching(output, systemClock),
    });
    if (blocks(findings)) return tellRefusal(findings, project, output);
    if (findings.length > 0) tell(findings, project, output);
    const shown = new Set(findings.map((finding) => finding.digest));
    const rows = new Map<string, number>();
    const say = (event: LoopEvent) => {
      if (event.kind === 'moved') rows.set(event.unit, (rows.get(event.unit) ?? 0) + event.rows);
      const line = lineOf(event);
      if (line !== null) output.note(line);
      if (event.kind !== 'published') return;
      for (const finding of event.findings)
        if (!shown.has(finding.digest)) output.note(`  ${finding.message} ${finding.help}`);
    };
    await using progress = recordProgress(environment.ledger, systemClock, say);
    const loop = options.once === true ? runOnce : runResident;
    await loop(environment.plan, environment.containers, environment.ledger, {
      clock: systemClock,
      signal: interrupt.signal,
      on: progress.on,
    });
    const moved = [...rows.values()].reduce((sum, n) => sum + n, 0);
    output.document({
      version: 1,
      environment: options.env,
      once: options.once === true,
      rows: Object.fromEntries(rows),
    });
    output.result(
      options.once === true && !interrupt.signal.aborted
        ? `Caught up; ${moved} rows moved.`
        : `Stopped; ${moved} rows moved.`,
    );
    return 0;
  });
}

/** Not more often than every ten seconds. */
function occasionally<T extends readonly unknown[]>(tell: (...told: T) => void): (...told: T) => void {
  let toldMs = systemClock.nowMs();
  return (...told) => {
    if (systemClock.nowMs() - toldMs < 10_000) return;
    toldMs = systemClock.nowMs();
    tell(...told);
  };
}

/** One line for an event that a person wants to see; null for those that only say that nothing moved. */
export function lineOf(event: LoopEvent): string | null {
  switch (event.kind) {
    case 'moved':
      return event.rows === 0 ? null : `${event.unit}: ${event.stream} at ordinal ${event.ordinal}, ${event.rows} rows`;
    case 'loading':
      return `${event.stream} ${loadingText(event.progress)}`;
    case 'purged':
      return event.versions === 0 ? null : `${event.unit}: ${event.versions} old versions of ${event.stream} deleted`;
    case 'verified':
      return event.findings.length === 0
        ? null
        : [
            `${event.dataset}: ${event.differences} differences`,
            ...event.findings.map((one) => `  ${one.message}`),
          ].join('\n');
    case 'published':
      return `published ${event.group}`;
    case 'held':
      return `${event.unit} is held: ${event.finding.message} ${event.finding.help}`;
    case 'noticed':
      return `${event.node}: ${event.finding.message} ${event.finding.help}`;
    case 'warned':
      return event.finding === null ? null : `${event.unit}: ${event.finding.message} ${event.finding.help}`;
    case 'failed':
      return `${event.node ?? event.unit} failed, ${event.retryAfterMs === null ? 'and stays stopped' : `next try in ${event.retryAfterMs / 1000} s`}: ${event.message}`;
    case 'elsewhere':
      return `left to another process: ${event.units.join(', ')}`;
    case 'owned':
      return null;
  }
}
