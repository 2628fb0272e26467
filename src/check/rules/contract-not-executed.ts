import { memberAddress } from '../../model/address.ts';
import type { Column, Dataset, Datastore, Kept } from '../../model/model.ts';
import type { Report, Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** What a contract says and nothing here measures or enforces is told once for each contract, so that nobody relies on it. */
export const contractNotExecuted: Rule = {
  name: 'contract-not-executed',
  judges: {
    *datastore(datastore) {
      const { address, contract } = datastore;
      const shared: Dataset[] = [];
      for (const [name, dataset] of Object.entries(datastore.datasets)) {
        const own = dataset.contract?.document;
        if (own === undefined) shared.push(dataset);
        else yield* told(`dataset '${memberAddress(address, name)}'`, own, [dataset], {}, memberAddress(address, name));
      }
      if (contract !== undefined) yield* told(`datastore '${address}'`, contract, shared, datastore, address);
    },
  },
};

function* told(
  subject: string,
  document: Kept,
  datasets: readonly Dataset[],
  executed: Pick<Datastore, 'promises' | 'deprecated'>,
  address: string,
): Iterable<Report> {
  const said = [...ofDocument(document, executed), ...ofDatasets(datasets)];
  if (said.length === 0) return;
  yield {
    severity: 'warning',
    message: `the contract of ${subject} says what nothing here measures or enforces: ${said.join(', ')}.`,
    help: 'Say in the model what must hold (readers and retention are policies of the zone, freshness is a promise), or leave it: it is kept, and  freehold export odcs  gives it back. See docs/odcs.md.',
    at: spotOf(address),
  };
}

function ofDocument(document: Kept, { promises, deprecated }: Pick<Datastore, 'promises' | 'deprecated'>): string[] {
  const levels = itemsOf(document.slaProperties).flatMap((level) =>
    typeof level === 'object' && level !== null && 'property' in level && typeof level.property === 'string'
      ? [level.property]
      : [],
  );
  const isExecuted = (property: string) =>
    (promises !== undefined && /^(?:latency|freshness|ly|fr)$/i.test(property)) ||
    (deprecated !== undefined && /^(?:endOfLife|el)$/i.test(property));
  const others = [...new Set(levels.filter((property) => !isExecuted(property)))];
  return [
    ...counted('servers', itemsOf(document.servers).length),
    ...counted('roles', itemsOf(document.roles).length),
    ...(others.length === 0 ? [] : [`slaProperties (${firstOf(others)})`]),
  ];
}

function ofDatasets(datasets: readonly Dataset[]): string[] {
  const kept: Kept[] = datasets.flatMap((dataset) => [
    ...(dataset.contract?.object === undefined ? [] : [dataset.contract.object]),
    ...Object.values(dataset.columns).flatMap((column: Column) =>
      column.contract === undefined ? [] : [column.contract],
    ),
  ]);
  return members.flatMap(([member, isSaid]) => counted(member, kept.filter((one) => isSaid(one[member])).length));
}

/**
 * Members of objects and properties that promise or demand something; the others tell people what they are about. Which
 * quality rules are not executed is told where they are read, each with its reason.
 */
const members: readonly (readonly [string, (value: unknown) => boolean])[] = [
  ['relationships', (value) => itemsOf(value).length > 0],
  ['unique', (value) => value === true],
  ['partitioned', (value) => value === true],
  ['encryptedName', (value) => typeof value === 'string'],
  ['transformLogic', (value) => typeof value === 'string'],
  ['semanticType', (value) => typeof value === 'string'],
  ['enum', (value) => itemsOf(value).length > 0],
  ['logicalTypeOptions', (value) => hasMember(value)],
];

/** Options that limit values: sizes and formats are in the type. */
function hasMember(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, option]) => option !== null && !sizes.has(name));
}

const sizes = new Set(['format', 'maxLength', 'timezone']);

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function counted(member: string, count: number): string[] {
  return count === 0 ? [] : [`${member} (${count})`];
}

function firstOf(names: readonly string[]): string {
  return names.length <= 8 ? names.join(', ') : `${names.slice(0, 8).join(', ')} and ${names.length - 8} more`;
}
