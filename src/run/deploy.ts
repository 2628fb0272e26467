import type { Finding } from '../findings/finding.ts';
import type { Ledger } from '../ledger/open.ts';
import type { Plan } from '../plan/plan.ts';
import { makeTables, preflight, publishWhenLoaded } from './apply.ts';
import type { Containers } from './containers.ts';

/**
 * Makes the databases what the plan says: asks the sources first and stops where their findings block, then makes tables,
 * then brings the views of what is already loaded up to date, then records the plan. Cut anywhere, it is simply run again.
 */
export async function deployPlan(plan: Plan, containers: Containers, ledger: Ledger): Promise<readonly Finding[]> {
  const findings: Finding[] = [...(await preflight(plan, containers))];
  if (findings.some((finding) => finding.severity === 'error')) return findings;
  await makeTables(plan, containers);
  for (const node of plan.nodes) {
    if (node.kind !== 'publish') continue;
    await using connection = await containers.connect(node.container, 'publish');
    findings.push(...((await publishWhenLoaded(connection, node)) ?? []));
  }
  await ledger.deploy(plan.environment, plan);
  return findings;
}
