import { columnAddress, memberAddress } from '../../model/address.ts';
import { firstName, type Named } from '../../model/identity.ts';
import type { Report, Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** Things are known by the first name that they had: two that are there have none in common. */
export const nameTaken: Rule = {
  name: 'name-taken',
  judges: {
    *datastore({ address, datasets }) {
      yield* among(datasets, 'dataset', (name) => memberAddress(address, name));
      for (const [name, { columns }] of Object.entries(datasets))
        yield* among(columns, 'column', (column) => columnAddress(address, name, column));
    },
  },
};

function* among(
  members: Readonly<Record<string, Named>>,
  what: 'dataset' | 'column',
  addressOf: (name: string) => string,
): Iterable<Report> {
  if (Object.values(members).every(isNew)) return;
  const known = new Map<string, string>();
  // One without other names has its name for the first time: it is the other one that had it before.
  const oldFirst = Object.entries(members).toSorted(([, a], [, b]) => Number(isNew(a)) - Number(isNew(b)));
  for (const [name, thing] of oldFirst) {
    const first = firstName(name, thing);
    const other = known.get(first);
    if (other === undefined) known.set(first, name);
    else
      yield {
        message: `${what} '${addressOf(name)}' ${first === name ? 'has the name' : `says that it was '${first}', the name`} that ${what} '${other}' had first, under which its rows are kept, so the two cannot be told apart.`,
        help:
          first === name
            ? `Give it another name. Or is it the ${what} that '${other}' was, take  formerly  out there.`
            : `Correct  formerly : only one of them was '${first}'.`,
        at: spotOf(addressOf(name)),
        related: [{ message: `${what} '${other}'`, at: spotOf(addressOf(other)) }],
      };
  }
}

function isNew({ formerly = [] }: Named): boolean {
  return formerly.length === 0;
}
