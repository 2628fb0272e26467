import { systemClock } from '../../base/clock.ts';
import type { Plan } from '../../plan/plan.ts';
import { verifyPlan } from '../../run/verify.ts';
import { inEnvironment } from '../environment.ts';
import { type ExitStatus, UseError } from '../exit.ts';
import { type Output, tableText } from '../output.ts';

/** Source = store = replicas, row by row. Status 1 where rows differ. */
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
    const verdict = await verifyPlan(deployed, containers, ledger, { clock: systemClock, address: address ?? null });
    if (address !== undefined && verdict.datasets.length === 0) {
      throw new UseError(`No dataset of '${options.env}' is at '${address}'. Look at  freehold status`);
    }
    const { isMoved: _, ...shown } = verdict;
    output.document({ version: 1, ...shown });
    const rows = verdict.datasets.map((one) => [
      one.address,
      String(one.source.rows),
      String(one.store.rows),
      one.replicas.map((replica) => String(replica.rows)).join(', '),
      one.differences === 0 ? output.color.green('equal') : output.color.red(`${one.differences} differ`),
    ]);
    output.result(tableText(rows, ['dataset', 'source', 'store', 'replicas', '']));
    output.result(`\n${verdict.checked} rows compared: ${verdict.differences} differences`);
    for (const one of verdict.datasets) {
      for (const { what, between, key } of one.samples)
        output.result(`  ${one.address}  ${key}: ${what} (${between[0]} against ${between[1]})`);
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
    return verdict.differences === 0 ? 0 : 1;
  });
}

function appendOnlyOf(plan: Plan): ReadonlySet<string> {
  const datasets = plan.nodes.flatMap((node) => (node.kind === 'stream' ? node.datasets : []));
  return new Set(datasets.filter((dataset) => dataset.appendOnly).map((dataset) => dataset.address));
}
