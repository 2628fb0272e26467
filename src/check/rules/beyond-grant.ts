import { type Classified, defaultPriority, priorityOf } from '../../model/effective.ts';
import type { Grant, Priority, Workspace } from '../../model/model.ts';
import { clearanceRank } from '../levels.ts';
import { declaredTeam, wordsOfMesh } from '../mesh.ts';
import type { Ask, Report, Rule } from '../rule.ts';
import { partsOf, spotOf, teamSpot } from '../spots.ts';
import { quoted } from '../words.ts';

/** What a workspace or a transformer claims, its zone has granted to its team. */
export const beyondGrant: Rule = {
  name: 'beyond-grant',
  judges: {
    workspace: (workspace, ask) => beyond('workspace', workspace, ask),
    // It has no readers and no priority: those are of who reads what it makes.
    transformer: ({ address, clearance, labels = [] }, ask) =>
      beyond('transformer', { address, labels, ...(clearance === undefined ? {} : { clearance }) }, ask),
  },
};

type Claiming = Pick<Workspace, 'address' | 'clearance' | 'labels' | 'priority' | 'readers'>;

function* beyond(what: string, claiming: Claiming, ask: Ask): Iterable<Report> {
  const { address } = claiming;
  const { zone, team } = partsOf(address);
  const declared = declaredTeam(address, ask);
  if (declared === null) return;
  for (const { word, claimed, write } of claimsBeyond(wordsOfMesh(ask), claiming, declared.may ?? {}))
    yield {
      message: `${what} '${address}' claims ${word} ${claimed}, which zone '${zone}' does not grant to team '${team}'.`,
      help: `Claim less, or ask the owner of zone '${zone}' to grant it:  teams: { ${team}: { may: { ${write} } } }.`,
      at: spotOf(address, word),
      related: [{ message: `team '${team}'`, at: teamSpot(zone, team, 'may') }],
    };
}

type Claim = { readonly word: keyof Grant; readonly claimed: string; readonly write: string };

function claimsBeyond(mesh: Classified, workspace: Claiming, may: Grant): Claim[] {
  const claims: Claim[] = [];
  const { clearance } = workspace;
  const priority = priorityOf(workspace);
  const level = clearance === undefined ? null : clearanceRank(mesh, clearance);
  const granted = clearanceRank(mesh, may.clearance);
  // A level that the mesh does not have is found by unknown-level.
  if (clearance !== undefined && level !== null && granted !== null && level > granted)
    claims.push({ word: 'clearance', claimed: `'${clearance}'`, write: `clearance: '${clearance}'` });
  if (priorities.indexOf(priority) > priorities.indexOf(may.priority ?? defaultPriority))
    claims.push({ word: 'priority', claimed: `'${priority}'`, write: `priority: '${priority}'` });
  const lists = [
    ['labels', workspace.labels, may.labels],
    ['readers', workspace.readers, may.readers],
  ] as const;
  for (const [word, claimed = [], allowed = []] of lists) {
    const beyond = claimed.filter((item) => !allowed.includes(item));
    if (beyond.length > 0)
      claims.push({ word, claimed: quoted(beyond), write: `${word}: [${beyond.map((b) => `'${b}'`).join(', ')}]` });
  }
  return claims;
}

const priorities: readonly Priority[] = ['low', 'normal', 'high', 'critical'];
