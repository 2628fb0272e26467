import type { Finding } from '../findings/finding.ts';
import { moveTables } from '../flow/handover/move-tables.ts';
import { unpublish } from '../flow/publish/publish.ts';
import type { SwitchOptions } from '../flow/reshape/switch.ts';
import type { Ledger } from '../ledger/open.ts';
import { movedTables } from '../plan/moved.ts';
import type { Plan } from '../plan/plan.ts';
import { restsIn } from '../plan/store-moves.ts';
import { changeTypes, isError, makeTables, preflight, publishWhenLoaded, putInLayouts } from './apply.ts';
import type { Containers } from './containers.ts';
import { captureLeft, capturesGone, dropCaptures, handOverStreams, isBusy } from './handover.ts';
import { type MovingOptions, moveStores } from './move.ts';

/**
 * Makes the databases what the plan says: asks the sources first and stops where their findings block, then moves streams that have another store, with their history; then moves tables of datasets that have another address, makes tables
 * and hands over streams that changed their shape or their source, then gives kept columns their types, then brings the views of what is already loaded up to date and takes back those that the plan no longer has, then puts versions in one table where the plan says so, then records it. Cut anywhere, it is simply run again.
 * Where it ends with errors, what moved to another store goes on where it was.
 */
export async function deployPlan(
  plan: Plan,
  containers: Containers,
  ledger: Ledger,
  options: MovingOptions & SwitchOptions = {},
): Promise<readonly Finding[]> {
  const deployed = await ledger.deployed(plan.environment);
  const findings: Finding[] = [...(await preflight(plan, containers, deployed))];
  if (findings.some(isError)) return findings;
  const before = containers.of(deployed?.containers ?? {});
  const moved = await moveStores(deployed, plan, before, containers, options);
  findings.push(...moved.findings);
  let isDeployed = false;
  try {
    if (!findings.some(isError))
      findings.push(
        ...(await carryOut(
          { deployed, rested: moved.deployed, before, left: moved.from },
          plan,
          containers,
          ledger,
          options,
        )),
      );
    isDeployed = !findings.some(isError);
  } finally {
    if (!isDeployed) await moved.giveBack();
  }
  return isDeployed ? [...findings, ...moved.told] : findings;
}

/** What is deployed, and its containers; `rested`: the same, with each stream where it rests now; `left`: stores that streams have left. */
type Before = {
  readonly deployed: Plan | null;
  readonly rested: Plan | null;
  readonly before: Containers;
  readonly left: ReadonlySet<string>;
};

async function carryOut(
  known: Before,
  plan: Plan,
  containers: Containers,
  ledger: Ledger,
  options: SwitchOptions,
): Promise<readonly Finding[]> {
  const { deployed, rested } = known;
  const findings: Finding[] = [];
  for (const [container, moved] of movedTables(rested, plan)) {
    await using session = await containers.connect(container, 'handover');
    findings.push(...(await moveTables(session, moved)));
  }
  if (findings.some(isError)) return findings;
  findings.push(...(await makeTables(plan, containers)));
  if (findings.some(isError)) return findings;
  findings.push(...(await handOverStreams(rested, plan, containers)));
  if (findings.some(isError)) return findings;
  findings.push(...(await changeTypes(plan, containers, options)));
  if (findings.some(isError)) return findings;
  const gone = await capturesGone(deployed, await ledger.leaving(plan.environment), plan, containers);
  // Before any is dropped, and before the plan that had them is gone: who comes after one that was cut finds them.
  await ledger.noteLeaving(plan.environment, gone);
  const left = await dropCaptures(gone, containers);
  for (const node of plan.nodes) {
    if (node.kind !== 'publish') continue;
    await using connection = await containers.connect(node.container, 'publish');
    findings.push(...((await publishWhenLoaded(connection, node, containers.isEmbedded(node.container))) ?? []));
  }
  findings.push(...(await takeBackViews(known, plan, containers)));
  if (findings.some(isError)) return findings;
  findings.push(...(await putInLayouts(plan, containers, options)));
  if (findings.some(isError)) return findings;
  await ledger.deploy(plan.environment, plan);
  // A process that works by the plan before hears of this one now, and stops reading.
  const busy = await dropCaptures(
    left.filter(isBusy).map(({ capture }) => capture),
    containers,
  );
  await ledger.noteLeaving(
    plan.environment,
    busy.filter(isBusy).map(({ capture }) => capture),
  );
  return [...findings, ...[...left.filter((one) => !isBusy(one)), ...busy].map(captureLeft)];
}

/**
 * Takes away the views of groups that are no longer served where they were. A container that the plan has not is left alone, but for
 * a store that a stream has just left: there its rows stand still.
 */
async function takeBackViews(
  { deployed, before, left }: Before,
  plan: Plan,
  containers: Containers,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const node of deployed?.nodes ?? []) {
    if (node.kind !== 'publish' || deployed === null) continue;
    const { container, schema } = node;
    const here = restsIn(deployed, container);
    const isThere = plan.containers[container] !== undefined;
    // A store of that name is another database now.
    const isLeft = left.has(container) && (!isThere || restsIn(plan, container) !== here);
    const isServed = plan.nodes.some(
      (other) =>
        other.kind === 'publish' &&
        other.schema === schema &&
        (restsIn(plan, other.container) === here || (!isLeft && other.container === container)),
    );
    if (isServed) continue;
    const at = isLeft ? before : isThere ? containers : null;
    if (at === null) continue;
    await using connection = await at.connect(container, 'publish');
    findings.push(...(await unpublish(connection, node)));
  }
  return findings;
}
