import { didYouMean } from '../../findings/near-name.ts';
import { deprecatedIn, thingAt } from '../../model/deprecated.ts';
import type { Datastore } from '../../model/model.ts';
import type { Ask, Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** What is to be read instead of a deprecated thing is there, is something else, and is not to go itself. */
export const unknownReplacement: Rule = {
  name: 'unknown-replacement',
  judges: {
    *datastore(datastore, ask) {
      for (const { what, address, deprecation } of deprecatedIn(datastore)) {
        const { use } = deprecation;
        if (use === undefined) continue;
        const wrong = wrongWith(use, address, ask);
        if (wrong === null) continue;
        yield {
          ...(wrong.isMild ? { severity: 'warning' as const } : {}),
          message: `${what} '${address}' is deprecated, and its readers are sent to '${use}', ${wrong.says}.`,
          help: `Name another datastore, dataset or column that stays, or take  use  out.${wrong.isMild ? '' : didYouMean(use, namesNear(use, datastore, ask))}`,
          at: spotOf(address, 'deprecated', 'use'),
        };
      }
    },
  },
};

function wrongWith(use: string, address: string, ask: Ask): { readonly says: string; readonly isMild: boolean } | null {
  if (use === address || use.startsWith(`${address}.`) || use.startsWith(`${address}#`))
    return { says: 'which goes with it', isMild: false };
  const thing = thingAt(ask, use);
  if (thing === null) return { says: 'which is not there', isMild: false };
  return thing.deprecation === null ? null : { says: 'which is deprecated itself', isMild: true };
}

/** Addresses of the datastore that is meant: the one that is named, or this one. */
function namesNear(use: string, here: Datastore, ask: Ask): readonly string[] {
  const [object = ''] = use.split(/[.#]/);
  const datastore = ask.object('datastore', object) ?? here;
  return [
    datastore.address,
    ...Object.entries(datastore.datasets).flatMap(([name, { columns }]) => [
      `${datastore.address}.${name}`,
      ...Object.keys(columns).map((column) => `${datastore.address}.${name}#${column}`),
    ]),
  ];
}
