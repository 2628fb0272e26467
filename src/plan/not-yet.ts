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
    return [
      ...(isTaken ? [reused(address, name)] : []),
      ...(dataset.formerly === undefined || dataset.formerly.length === 0 ? [] : [renamed(address, dataset)]),
      ...defaults(address, dataset),
    ];
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

/** Columns keep their values under the name that they had first; tables do not yet. */
function renamed(address: string, { formerly = [] }: Dataset): Finding {
  return finding({
    rule: 'rename-not-run',
    severity: 'warning',
    address,
    message: `dataset '${address}' was '${formerly.at(-1) ?? ''}', and this release loads it anew: where it was deployed under that name, its history stays in the tables of that name.`,
    help: 'Nothing is to be done where it was never deployed under another name. Where its history is needed, keep the old name until a release takes it along.',
  });
}

function reused(address: string, name: string): Finding {
  return finding({
    rule: 'reuse-not-run',
    address,
    message: `dataset '${address}' has the name of one that was removed, whose rows are kept in the tables of that name: this release would take them for rows of '${name}'.`,
    help: 'Give it another name.',
  });
}
