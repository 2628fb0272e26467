import { columnAddress, memberAddress } from '../../model/address.ts';
import { isProduction } from '../../model/effective.ts';
import type { Datastore } from '../../model/model.ts';
import { carrierOf } from '../graph/carried.ts';
import { type Classification, overall } from '../graph/classification.ts';
import type { Ask, Report, Spot } from '../rule.ts';
import { policySpot, timing } from './report.ts';
import { notKept, type Situation } from './situation.ts';
import { predicateText } from './text.ts';
import { brokenIn, zonePolicies } from './zone-policies.ts';

/** The names of a zone's own datastores, datasets and columns. */
export function* brokenByNames(datastore: Datastore, ask: Ask): Iterable<Report> {
  const [zone = ''] = datastore.address.split('/');
  const policies = zonePolicies(ask, zone);
  if (policies.names.length === 0) return;
  for (const { what, text, rows, at } of namesIn(datastore, ask)) {
    const situation: Situation = {
      ...{ rows, isDirect: true, isProduction: isProduction(datastore), name: { what, text } },
      ...{ site: null, reader: null, kept: notKept },
    };
    for (const policy of brokenIn(policies, 'names', situation))
      yield {
        ...timing(ask, policy),
        message: `the name of ${what} '${text}' breaks policy '${policy.name}' of zone '${zone}'.`,
        help: `The policy demands  ${predicateText(policy.policy.demands)}.  Rename it, or ask the owner of zone '${zone}'.`,
        at,
        related: [{ message: `policy '${policy.name}'`, at: policySpot(policy) }],
      };
  }
}

type Name = {
  readonly what: 'datastore' | 'dataset' | 'column';
  readonly text: string;
  /** Of what bears the name: of all columns in it. */
  readonly rows: Classification;
  readonly at: Spot;
};

function namesIn(datastore: Datastore, ask: Ask): readonly Name[] {
  const { address } = datastore;
  const carrier = carrierOf(ask, address);
  const datasets = Object.entries(datastore.datasets).map(([dataset, { columns }]) => {
    const inside = Object.keys(columns).map((column): Name => {
      const rows = overall(carrier(dataset, column));
      return { what: 'column', text: column, rows, at: { address: columnAddress(address, dataset, column), path: [] } };
    });
    const at = { address: memberAddress(address, dataset), path: [] };
    return { inside, own: { what: 'dataset', text: dataset, rows: allOf(inside), at } satisfies Name };
  });
  const own = datasets.map((each) => each.own);
  const text = address.split('/').at(-1) ?? '';
  return [
    { what: 'datastore', text, rows: allOf(own), at: { address, path: [] } },
    ...own,
    ...datasets.flatMap(({ inside }) => inside),
  ];
}

function allOf(names: readonly Name[]): Classification {
  return overall(new Map(names.map(({ rows }, i) => [String(i), rows])));
}
