import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { memberAddress } from '../model/address.ts';
import { firstName } from '../model/identity.ts';
import type { Dataset, Datastore } from '../model/model.ts';

/** What a datastore says of its rows, what the gate judges, and what this release does not do. */
export function notYetIn(datastore: Datastore): readonly Finding[] {
  return Object.entries(datastore.datasets).flatMap(([name, dataset]) => {
    const address = memberAddress(datastore.address, name);
    const isTaken = (datastore.tombstones ?? []).some((gone) => gone.name === firstName(name, dataset));
    return [...(isTaken ? [reused(address, name)] : []), ...defaults(address, dataset)];
  });
}

function defaults(address: string, { columns }: Dataset): readonly Finding[] {
  const names = Object.entries(columns).flatMap(([name, column]) =>
    column.default === undefined ? [] : [`'${name}'`],
  );
  if (names.length === 0) return [];
  return [
    finding({
      rule: 'default-not-run',
      severity: 'warning',
      address,
      message: `dataset '${address}' has a default for ${names.join(', ')}, and this release writes none: rows from before the column was there have null until they change at the source.`,
      help: 'Nothing is to be done where readers know of it.',
    }),
  ];
}

function reused(address: string, name: string): Finding {
  return finding({
    rule: 'reuse-not-run',
    address,
    message: `dataset '${address}' has the name of one that was removed, whose rows are kept in the tables of that name: this release would take them for rows of '${name}'.`,
    help: 'Give it another name.',
  });
}
