/**
 * Identity is not the name. A dataset or column is known by its *first name* and by how many of that name are gone:
 * renamed it is the same, and one that takes the name of a removed one is another. It is a function of one model, so that
 * a release finds what is deployed again, however many changes lie between.
 *
 * Terms. *first name*: the first of `formerly`, or the name. *tombstone*: the mark of one that is gone, under its first
 * name. Of two that are there none has the first name of another (`name-taken`), so identities are distinct.
 */
import type { Tombstone } from './model.ts';

/** A dataset of a datastore, or a column of a dataset. */
export type Named = { readonly formerly?: readonly string[] };

/** Where named things live together: the datastore's datasets, or the dataset's columns. */
export type Family<T extends Named> = {
  readonly members: Readonly<Record<string, T>>;
  readonly tombstones: readonly Tombstone[];
};

export function firstName(name: string, thing: Named): string {
  return thing.formerly?.[0] ?? name;
}

/** `name`, `name 2` where one of that first name is gone. */
export function identityOf(name: string, thing: Named, tombstones: readonly Tombstone[]): string {
  const first = firstName(name, thing);
  const gone = tombstones.filter((one) => one.name === first).length;
  return gone === 0 ? first : `${first} ${gone + 1}`;
}

/** One that is in both, or in one of them alone; `name` and `thing` of each side where it is there. */
export type Matched<T> = {
  readonly before: { readonly name: string; readonly thing: T } | null;
  readonly after: { readonly name: string; readonly thing: T } | null;
};

/** Each of two states' members, the same one side by side. In the order of after, then what is gone. */
export function matched<T extends Named>(before: Family<T>, after: Family<T>): readonly Matched<T>[] {
  const known = new Map(
    Object.entries(before.members).map(([name, thing]) => [
      identityOf(name, thing, before.tombstones),
      { name, thing },
    ]),
  );
  const pairs = Object.entries(after.members).map(([name, thing]): Matched<T> => {
    const identity = identityOf(name, thing, after.tombstones);
    const found = known.get(identity) ?? null;
    known.delete(identity);
    return { before: found, after: { name, thing } };
  });
  return [...pairs, ...[...known.values()].map((gone): Matched<T> => ({ before: gone, after: null }))];
}
