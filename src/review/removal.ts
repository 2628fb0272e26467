import { memberAddress } from '../model/address.ts';
import { isProduction, own } from '../model/effective.ts';
import { type Family, type Matched, matched, type Named } from '../model/identity.ts';
import type { Datastore, Deprecation, Tombstone } from '../model/model.ts';
import type { ObjectChange } from './proposal.ts';

/** A thing that others may rest on and that a change takes away. */
export type Removal = {
  readonly what: 'datastore' | 'dataset' | 'column' | 'transformer';
  readonly address: string;
  /** It stays, and is no longer in production: gone for those who are. */
  readonly leavesProduction: boolean;
  readonly isProduction: boolean;
  /** Its own in base, then those of what it is in. */
  readonly deprecations: readonly Deprecation[];
  /** References that may name it: the datastore's datasets, or the one. Of a transformer none. */
  readonly datastore: string;
  readonly datasets: readonly string[];
  readonly column: string | null;
  /** Names that are new beside it: it may have got one of them without saying so. */
  readonly newBeside: readonly string[];
};

/**
 * What a change takes away. A renamed dataset or column, which says what it was `formerly`, is still there; where another took
 * its name, no reference leads nowhere, and phase 3 asks its readers.
 */
export function removalsIn({ address, before, after }: ObjectChange): readonly Removal[] {
  if (before?.kind === 'transformer') {
    const isOut = before.noun.production === true && after?.kind === 'transformer' && after.noun.production !== true;
    if (after !== null && !isOut) return [];
    return [
      {
        what: 'transformer',
        address,
        leavesProduction: isOut,
        isProduction: before.noun.production ?? false,
        deprecations: [],
        datastore: address,
        datasets: [],
        column: null,
        newBeside: [],
      },
    ];
  }
  if (before?.kind !== 'datastore') return [];
  if (after?.kind !== 'datastore') return [whole(before.noun, false)];
  const leaves = isProduction(before.noun) && !isProduction(after.noun);
  return [...(leaves ? [whole(before.noun, true)] : []), ...parts(before.noun, after.noun)];
}

function whole(datastore: Datastore, leavesProduction: boolean): Removal {
  return {
    what: 'datastore',
    address: datastore.address,
    leavesProduction,
    isProduction: isProduction(datastore),
    deprecations: deprecations(datastore),
    datastore: datastore.address,
    datasets: Object.keys(datastore.datasets),
    column: null,
    newBeside: [],
  };
}

function parts(before: Datastore, after: Datastore): readonly Removal[] {
  const datasets = matched(familyOf(before.datasets, before), familyOf(after.datasets, after));
  return datasets.flatMap(({ before: was, after: is }): readonly Removal[] => {
    if (was === null) return [];
    const { name, thing: dataset } = was;
    const address = memberAddress(before.address, name);
    const common = {
      leavesProduction: false,
      isProduction: isProduction(before),
      datastore: before.address,
      datasets: [name],
    };
    const now = is?.thing ?? own(after.datasets, name);
    if (now === undefined)
      return [
        {
          ...common,
          what: 'dataset',
          address,
          deprecations: deprecations(dataset, before),
          column: null,
          newBeside: newIn(datasets),
        },
      ];
    const columns = matched(familyOf(dataset.columns, dataset), familyOf(now.columns, now));
    return columns.flatMap(({ before: column, after: kept }) =>
      column === null || kept !== null || own(now.columns, column.name) !== undefined
        ? []
        : [
            {
              ...common,
              what: 'column',
              address: `${address}#${column.name}`,
              deprecations: deprecations(column.thing, dataset, before),
              column: column.name,
              newBeside: newIn(columns),
            },
          ],
    );
  });
}

function newIn(pairs: readonly Matched<Named>[]): readonly string[] {
  return pairs.flatMap(({ before, after }) => (before === null && after !== null ? [after.name] : []));
}

function familyOf<T extends Named>(
  members: Readonly<Record<string, T>>,
  { tombstones = [] }: { readonly tombstones?: readonly Tombstone[] },
): Family<T> {
  return { members, tombstones };
}

function deprecations(...things: readonly { readonly deprecated?: Deprecation }[]): readonly Deprecation[] {
  return things.flatMap(({ deprecated }) => (deprecated === undefined ? [] : [deprecated]));
}
