import { must } from '../../base/must.ts';
import { testFacts } from '../../check/testing/facts.ts';
import { testModel } from '../../check/testing/model.ts';
import { canonicalModel } from '../../model/canonical.ts';
import type { Column, Dataset, Datastore, Model, Reference } from '../../model/model.ts';
import { parseType } from '../../types/text.ts';
import { compatibility } from '../compatibility.ts';
import { noOrigin } from '../origin.ts';
import { propose } from './propose.ts';

/** `{ id: 'int32', note: 'text?' }`: a question mark makes a column nullable. */
export function columns(types: Readonly<Record<string, string | Column>>): Readonly<Record<string, Column>> {
  return Object.fromEntries(
    Object.entries(types).map(([name, type]): [string, Column] => {
      if (typeof type !== 'string') return [name, type];
      const spelled = must(parseType(type.replace('?', '')), type);
      return [name, type.endsWith('?') ? { type: spelled, nullable: true } : { type: spelled }];
    }),
  );
}

export const customers = (types: Readonly<Record<string, string | Column>>, more: Partial<Dataset> = {}): Dataset => ({
  key: ['id'],
  columns: columns({ id: 'int32', ...types }),
  ...more,
});

/** Zone retail: team sales has datastore orders, in production, which a dashboard of team insight reads. */
export function model(
  datasets: Readonly<Record<string, Dataset>>,
  read: readonly Reference[] = [{ from: 'retail/sales/orders.*' }],
  more: { readonly orders?: Partial<Datastore>; readonly model?: Parameters<typeof testModel>[0] } = {},
): Model {
  return testModel({
    orders: { production: true, datasets, ...more.orders },
    dashboard: { read },
    ...more.model,
  });
}

/** Each break on a line: `rule address: parties; readers`. */
export function breaks(base: Model, head: Model, asOf = '2026-01-01'): readonly string[] {
  // What removal leaves is judged in identity.test.ts.
  const found = compatibility(proposalOf(base, head), testFacts, day(asOf)).filter(
    ({ rule }) => rule !== 'tombstone-missing',
  );
  return found.map(
    ({ finding, rule, address, needs }) =>
      `${finding.severity} ${rule} ${address}: ${needs.join(' + ') || 'nobody'}; ${[...finding.message.matchAll(/(?:group|transformer) '([^']+)'/g)].map(([, one]) => one).join(', ') || 'no reader'}`,
  );
}

export const named = (...columns: string[]): Reference => ({ from: 'retail/sales/orders.customers', columns });
export const dashboard = 'retail/insight/reporting.dashboard';

export const proposalOf = (base: Model, head: Model) => propose(canonicalModel(base), canonicalModel(head), noOrigin);

export const day = (text: string) => Date.parse(`${text}T00:00:00Z`);
