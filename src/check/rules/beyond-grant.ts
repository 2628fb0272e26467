import { own } from '../../base/own.ts';
import type { Grant, Model, Priority, Workspace } from '../../model/model.ts';
import { clearanceOf } from '../levels.ts';
import type { Rule } from '../rule.ts';
import { objectSpot, partsOf, within } from '../subject.ts';
import { quoted } from '../words.ts';

/** What a workspace claims, its zone has granted to its team. */
export const beyondGrant: Rule = {
  name: 'beyond-grant',
  *find({ model }) {
    for (const workspace of Object.values(model.workspaces)) {
      const { zone, team } = partsOf(workspace.address);
      const declared = own(own(model.zones, zone)?.teams, team);
      if (declared === undefined) continue;
      for (const { word, claimed, write } of claimsBeyond(model, workspace, declared.may ?? {}))
        yield {
          message: `workspace '${workspace.address}' claims ${word} ${claimed}, which zone '${zone}' does not grant to team '${team}'.`,
          help: `Claim less, or ask the owner of zone '${zone}' to grant it:  teams: { ${team}: { may: { ${write} } } }.`,
          at: within(objectSpot(workspace.address), word),
          related: [{ message: `team '${team}'`, at: within(objectSpot(zone), 'teams', team, 'may') }],
        };
    }
  },
};

type Claim = { readonly word: keyof Grant; readonly claimed: string; readonly write: string };

function claimsBeyond({ mesh }: Model, workspace: Workspace, may: Grant): Claim[] {
  const claims: Claim[] = [];
  const { clearance, priority } = workspace;
  const level = clearance === undefined ? null : clearanceOf(mesh, clearance);
  const granted = clearanceOf(mesh, may.clearance);
  // A level that the mesh does not have is found by unknown-level.
  if (clearance !== undefined && level !== null && granted !== null && level > granted)
    claims.push({ word: 'clearance', claimed: `'${clearance}'`, write: `clearance: '${clearance}'` });
  if (priority !== undefined && priorities.indexOf(priority) > priorities.indexOf(may.priority ?? 'normal'))
    claims.push({ word: 'priority', claimed: `'${priority}'`, write: `priority: '${priority}'` });
  for (const word of ['labels', 'readers'] as const) {
    const beyond = (workspace[word] ?? []).filter((item) => !may[word]?.includes(item));
    if (beyond.length > 0)
      claims.push({ word, claimed: quoted(beyond), write: `${word}: [${beyond.map((b) => `'${b}'`).join(', ')}]` });
  }
  return claims;
}

const priorities: readonly Priority[] = ['low', 'normal', 'high', 'critical'];
