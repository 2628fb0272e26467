import { columnAddress, memberAddress } from '../../model/address.ts';
import { isProduction } from '../../model/effective.ts';
import type { Datastore } from '../../model/model.ts';
import { carrierOf } from '../graph/carried.ts';
import { type Classification, higher, overall } from '../graph/classification.ts';
import type { Ask, Report, Spot } from '../rule.ts';
import { demandText, policySpot, timing } from './report.ts';
import { notKept, type Situation } from './situation.ts';
import { brokenIn, zonePolicies } from './zone-policies.ts';

/** The names of a zone's own datastores, datasets and columns. */
export function* brokenByNames(datastore: Datastore, ask: Ask): Iterable<Report> {
  const [zone = ''] = datastore.address.split('/');
  const policies = zonePolicies(ask, zone);
  if (policies.names.length === 0) return;
  // Columns of many datasets have the same name, and are classified alike.
  const fine = new Map<Classification, Set<string>>();
  for (const { what, text, rows, at } of namesIn(datastore, ask)) {
    const key = `${what} ${text}`;
    const known = fine.get(rows) ?? new Set();
    if (known.has(key)) continue;
    const situation: Situation = {
      rows,
      isDirect: true,
      isProduction: isProduction(datastore),
      name: { what, text },
      site: null,
      reader: null,
      kept: notKept,
    };
    const broken = brokenIn(policies, 'names', situation);
    if (broken.length === 0) fine.set(rows, known.add(key));
    for (const policy of broken)
      yield {
        ...timing(ask, policy),
        message: `the name of ${what} '${text}' breaks policy '${policy.name}' of zone '${zone}'.`,
        help: `${demandText(policy)}  Rename it, or ask the owner of zone '${zone}'.`,
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

function* namesIn(datastore: Datastore, ask: Ask): Iterable<Name> {
  const { address } = datastore;
  const carrier = carrierOf(ask, address);
  let whole: Classification = { rank: -1, labels: [] };
  for (const [dataset, { columns }] of Object.entries(datastore.datasets)) {
    const rows = overall(carrier.rows(dataset));
    whole = higher(whole, rows);
    yield { what: 'dataset', text: dataset, rows, at: { address: memberAddress(address, dataset), path: [] } };
    for (const column of Object.keys(columns))
      yield {
        what: 'column',
        text: column,
        rows: overall(carrier.of(dataset, column)),
        at: { address: columnAddress(address, dataset, column), path: [] },
      };
  }
  const text = address.split('/').at(-1) ?? '';
  yield { what: 'datastore', text, rows: whole, at: { address, path: [] } };
}
