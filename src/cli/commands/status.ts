import { systemClock } from '../../base/clock.ts';
import { type CheckStatus, statusOf, type VerifiedStatus } from '../../run/status.ts';
import { bytesText } from '../bytes.ts';
import { durationText } from '../demo/screen.ts';
import { inEnvironment } from '../environment.ts';
import type { ExitStatus } from '../exit.ts';
import { loadingText } from '../loading.ts';
import { type Output, tableText } from '../output.ts';
import { switchingText } from '../switching.ts';

/** What runs, how fresh it is against what was promised, and what stands in its way. */
export async function statusCommand(
  options: { readonly dir?: string; readonly env: string },
  output: Output,
): Promise<ExitStatus> {
  return inEnvironment(options, output, async (environment) => {
    const deployed = await environment.ledger.deployed(options.env);
    if (deployed === null) {
      output.document({ version: 1, streams: [], groups: [], verified: null });
      output.result(`Nothing is deployed in '${options.env}' yet. Begin with  freehold run --env ${options.env}`);
      return 0;
    }
    const { streams, groups, verified } = await statusOf(
      deployed,
      environment.containers,
      environment.ledger,
      systemClock.nowMs(),
    );
    output.document({ version: 1, streams, groups, verified });
    const { color } = output;
    const paint = { running: color.green, idle: color.dim, late: color.yellow, parked: color.red, paused: color.dim };
    const streamRows = streams.map((s) => [
      s.address,
      paint[s.state](s.state),
      String(s.ordinal),
      s.rows.toLocaleString('en'),
      durationText(s.freshMs),
      durationText(s.promisedMs),
    ]);
    output.result(tableText(streamRows, ['stream', 'state', 'ordinal', 'rows moved', 'fresh', 'promise']));
    const groupRows = groups.map((g) => [g.address, g.engine, durationText(g.freshMs), durationText(g.promisedMs)]);
    output.result(`\n${tableText(groupRows, ['served to', 'on', 'fresh', 'promise'])}`);
    output.result(`\n${verifiedText(verified, systemClock.nowMs())}`);
    for (const { address, inbox } of streams) {
      if (inbox === null) continue;
      const waits = `${bytesText(inbox.bytes)} of changes wait in its inbox, since ${new Date(inbox.sinceMs).toISOString()}`;
      output.result(`\n${address}: ${waits}; ${inbox.reason}`);
    }
    for (const { address, loading } of streams)
      if (loading !== null) output.result(`\n${address}: ${loadingText(loading)}`);
    for (const one of streams.flatMap(({ switching }) => switching)) output.result(`\n${switchingText(one)}`);
    const checks = streams.flatMap((stream) => stream.checks);
    if (checks.length > 0)
      output.result(
        `\n${tableText(checks.map(checkRow), ['dataset', 'check', '', 'failed', 'in all', 'measured', 'ran'])}`,
      );
    for (const { address, keys, changes } of streams.flatMap((stream) => stream.quarantined))
      output.result(
        `\n${address}: ${changes} changes of ${keys} keys wait in quarantine:  freehold quarantine list ${address}`,
      );
    for (const stream of streams) {
      if (stream.lateBecause !== null) output.result(`\n${stream.address} is ${stream.state}: ${stream.lateBecause}`);
      const { replicas, isFinished } = stream.erasing;
      if (replicas.length > 0)
        output.result(`\n${stream.address}: rows that were erased are still to be erased in ${replicas.join(', ')}.`);
      else if (!isFinished)
        output.result(`\n${stream.address}: an erasure is not finished. Finish it with  freehold erase DATASET --yes`);
      for (const { severity, message, help } of stream.findings)
        if (severity === 'warning') output.result(`\n${stream.address}: ${message} ${help}`);
    }
    return 0;
  });
}

function checkRow(one: CheckStatus): readonly string[] {
  const { address, check, outcome, failed, failedTotal, measured, ranAt } = one;
  return [address, check, outcome, String(failed), String(failedTotal), measured ?? '', ranAt ?? 'not yet'];
}

function verifiedText(verified: VerifiedStatus | null, nowMs: number): string {
  if (verified === null) return 'verified: nothing yet. freehold run does it as it goes, freehold verify at once';
  const { round, atMs, datasets, unverified, checked, differences, findings } = verified;
  const since = atMs === null ? '' : `, the oldest proof ${durationText(nowMs - atMs)} old`;
  const rest = unverified === 0 ? '' : `, ${unverified} not yet`;
  const said = findings.map(({ message }) => `\n  ${message}`).join('');
  return `verified: ${datasets} datasets${rest}, ${checked.toLocaleString('en')} rows, ${differences} differences (${round} whole rounds${since})${said}`;
}
