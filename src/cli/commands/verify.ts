import { systemClock } from '../../base/clock.ts';
import type { Kept } from '../../flow/verify/part.ts';
import type { DatasetVerdict } from '../../flow/verify/verdict.ts';
import type { Plan } from '../../plan/plan.ts';
import { verifyPlan } from '../../run/verify.ts';
import { inEnvironment } from '../environment.ts';
import { type ExitStatus, UseError } from '../exit.ts';
import { type Output, tableText } from '../output.ts';
import { progressLine } from '../progress-line.ts';
import { blocks } from '../project.ts';

/** Source = store = replicas, range by range. Status 1 where rows differ, or something could not be proven. */
export async function verifyCommand(
  address: string | undefined,
  options: { readonly dir?: string; readonly env: string },
  output: Output,
): Promise<ExitStatus> {
  return inEnvironment(options, output, async (environment) => {
    const { containers, ledger } = environment;
    const deployed = await ledger.deployed(options.env);
    if (deployed === null)
      throw new UseError(
        `Nothing is deployed in '${options.env}', so there is nothing to verify. Begin with  freehold run --once`,
      );
    const verdict = await watched(output, (onProgress) =>
      verifyPlan(deployed, containers, ledger, { clock: systemClock, address: address ?? null, onProgress }),
    );
    if (address !== undefined && verdict.datasets.length === 0) {
      throw new UseError(`No dataset of '${options.env}' is at '${address}'. Look at  freehold status`);
    }
    const { isMoved: _, ...shown } = verdict;
    output.document({ version: 1, ...shown });
    const findings = verdict.datasets.flatMap((one) => one.findings);
    output.result(
      tableText(
        verdict.datasets.map((one) => lineOf(one, output)),
        head,
      ),
    );
    output.result(`\n${verdict.checked} rows compared: ${verdict.differences} differences`);
    for (const { severity, message, help } of findings) output.result(`\n${severity}: ${message}\n  ${help}`);
    for (const { address: of, gaps } of verdict.datasets) {
      for (const { from, to, cause } of gaps)
        output.result(
          to === null
            ? `
'${of}' lost changes after ordinal ${from} (${cause}), and its rows are still to be read anew.`
            : `
'${of}' has a gap between ordinals ${from} and ${to} (${cause}): its versions there are not promised to be exact.`,
        );
    }
    for (const one of verdict.datasets) {
      for (const { column, why } of one.notCompared)
        output.note(`\nnot compared with the source: column '${column}' of '${one.address}': ${why}.`);
    }
    const isAppendOnly = appendOnlyOf(deployed);
    for (const { address: dataset, differences } of verdict.datasets) {
      if (differences > 0 && isAppendOnly.has(dataset))
        output.note(
          `\n'${dataset}' is appendOnly: what was changed or deleted at the source is not followed. Say  key: [...]  instead if rows do change.`,
        );
    }
    if (verdict.differences > 0 && !verdict.isMoved)
      output.note('\nNo process moves rows now: what the source changed meanwhile differs until  freehold run --once');
    return verdict.differences === 0 && !blocks(findings) ? 0 : 1;
  });
}

const head = ['dataset', 'source', 'store', 'versions', 'replicas', ''];

function lineOf(one: DatasetVerdict, { color }: Output): readonly string[] {
  const unproven = one.findings.some(({ severity }) => severity === 'error');
  const said =
    one.differences > 0
      ? color.red(`${one.isPartial ? 'at least ' : ''}${one.differences} differ`)
      : unproven
        ? color.yellow('not proven')
        : color.green('equal');
  return [
    one.address,
    String(one.source.rows),
    String(one.store.rows),
    one.store.versions === 0 ? '' : String(one.store.versions),
    one.replicas.map((replica) => String(replica.rows)).join(', '),
    [
      said,
      ...(one.moving === 0 ? [] : [`${one.moving} keys moving`]),
      ...(one.erased === 0 ? [] : [`${one.erased} keys erased here`]),
    ].join(', '),
  ];
}

/** Says on a terminal how far it is. */
async function watched<T>(output: Output, work: (onProgress: (dataset: string, kept: Kept) => void) => Promise<T>) {
  using line = progressLine(output, systemClock);
  return await work((dataset, { parts, open }) => {
    const rows = parts.reduce((sum, part) => sum + part.right, open?.soFar.right ?? 0);
    line.say(`verifying ${dataset}: ${rows.toLocaleString('en')} rows${open === null ? '' : ` (${open.step})`}`);
  });
}

function appendOnlyOf(plan: Plan): ReadonlySet<string> {
  const datasets = plan.nodes.flatMap((node) => (node.kind === 'stream' ? node.datasets : []));
  return new Set(datasets.filter((dataset) => dataset.appendOnly).map((dataset) => dataset.address));
}
