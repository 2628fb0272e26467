import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import type { Model } from '../model/model.ts';
import type { Definition } from './root.ts';

/** All definitions as one model. Of two with one address neither is more right: the first in order of files stands. */
export function assemble(definitions: readonly Definition[]): {
  readonly model: Model | null;
  readonly findings: readonly Finding[];
} {
  const findings: Finding[] = [];
  const first = new Map<string, Definition>();
  for (const one of definitions) {
    // Datastores, workspaces and transformers share addresses: `retail/sales/orders` names one thing.
    const other = first.get(one.address);
    if (other === undefined) first.set(one.address, one);
    else findings.push(twice(one, other));
  }
  const parts: Parts = {
    mesh: null,
    zones: {},
    datastores: {},
    workspaces: {},
    transformers: {},
    environments: {},
    consents: {},
    declassifications: {},
    offers: {},
  };
  for (const one of first.values()) put(parts, one);
  const { mesh, ...rest } = parts;
  if (mesh === null) {
    findings.push(
      finding({
        rule: 'no-mesh',
        message: 'the model has no mesh, so nobody owns anything in it.',
        help: "A new model begins with  freehold init  in an empty directory. In one that has files, add one with  export default mesh('acme', {...}), or correct the one that could not be read.",
      }),
    );
    return { model: null, findings };
  }
  return { model: { language: 1, mesh, ...rest }, findings };
}

type Parts = {
  mesh: Model['mesh'] | null;
  zones: Record<string, Model['zones'][string]>;
  datastores: Record<string, Model['datastores'][string]>;
  workspaces: Record<string, Model['workspaces'][string]>;
  transformers: Record<string, Model['transformers'][string]>;
  environments: Record<string, Model['environments'][string]>;
  consents: Record<string, Model['consents'][string]>;
  declassifications: Record<string, Model['declassifications'][string]>;
  offers: Record<string, Model['offers'][string]>;
};

function put(parts: Parts, one: Definition): void {
  switch (one.kind) {
    case 'mesh':
      parts.mesh = one.noun;
      break;
    case 'zone':
      parts.zones[one.noun.name] = one.noun;
      break;
    case 'datastore':
      parts.datastores[one.address] = one.noun;
      break;
    case 'workspace':
      parts.workspaces[one.address] = one.noun;
      break;
    case 'transformer':
      parts.transformers[one.address] = one.noun;
      break;
    case 'environment':
      parts.environments[one.noun.name] = one.noun;
      break;
    case 'consent':
      parts.consents[one.noun.name] = one.noun;
      break;
    case 'declassification':
      parts.declassifications[one.noun.name] = one.noun;
      break;
    case 'offer':
      parts.offers[one.noun.name] = one.noun;
      break;
  }
}

function twice(one: Definition, other: Definition): Finding {
  const what = one.kind === 'mesh' ? 'the mesh' : `${one.kind} '${one.address}'`;
  return finding({
    rule: 'duplicate-definition',
    address: one.address,
    message: `${what} is defined twice${one.kind === other.kind ? '' : ` (as ${other.kind} also)`}, and only one of them can hold.`,
    help: 'Remove or rename one of them. To use an object of another file, import it; exporting it again is no harm.',
    at: one.at,
    related: [{ message: 'also defined here', at: other.at }],
  });
}
