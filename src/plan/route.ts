import type { EngineFacts, Facts } from '../engine/facts.ts';
import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { own } from '../model/effective.ts';
import type { Container, Dataset, Datastore, Environment, Route } from '../model/model.ts';
import { parseBytes, sizeText } from './size.ts';

export type StoreChoice =
  | {
      readonly kind: 'store';
      readonly container: string;
      readonly facts: EngineFacts;
      readonly durability: Container['durability'];
      readonly layout: Container['layout'];
      readonly why: readonly string[];
    }
  | { readonly kind: 'none'; readonly finding: Finding };

/**
 * Where a stream's primary copy rests: the first route whose condition its size meets, or the only store. All its
 * datasets go to one store, since they share one checkpoint. An unmeasured dataset counts as empty.
 */
export function chooseStore(
  stream: string,
  datastore: Datastore,
  datasets: ReadonlyMap<string, Dataset>,
  environment: Environment,
  facts: Facts,
  sizes: Readonly<Record<string, number>>,
): StoreChoice {
  const bytes = [...datasets.keys()].reduce((sum, name) => sum + (own(sizes, `${datastore.address}.${name}`) ?? 0), 0);
  const route = matchingRoute(environment, bytes);
  const container = route === null ? undefined : own(environment.stores, route.to);
  if (route === null || container === undefined) return none(stream, environment, route);
  const engine = own(facts, container.engine);
  const refusal = engine === undefined ? `engine '${container.engine}' is not known` : whyNotHeld(engine, datasets);
  if (engine === undefined || refusal !== null)
    return {
      kind: 'none',
      finding: finding({
        rule: 'store-cannot-hold',
        address: stream,
        message: `stream '${stream}' goes to store '${route.to}' of environment '${environment.name}', which cannot hold it: ${refusal}.`,
        help: 'Route it to another store, or leave the column out of the dataset.',
      }),
    };
  return {
    kind: 'store',
    container: `store:${route.to}`,
    facts: engine,
    durability: container.durability,
    layout: container.layout,
    why: [reason(route, bytes, environment)],
  };
}

/** The first column that the engine cannot hold, in words; null where it holds all. */
export function whyNotHeld(facts: EngineFacts, datasets: ReadonlyMap<string, Dataset>): string | null {
  if (!facts.store) return `${facts.title} is no store`;
  for (const [name, dataset] of datasets)
    for (const [column, { type }] of Object.entries(dataset.columns)) {
      const held = facts.holds(type);
      if ('refused' in held) return `column '${column}' of '${name}': ${held.refused}`;
    }
  return null;
}

function matchingRoute(environment: Environment, bytes: number): Route | null {
  const only = Object.keys(environment.stores);
  const routes = environment.route ?? (only.length === 1 && only[0] !== undefined ? [{ to: only[0] }] : []);
  return (
    routes.find(({ larger }) => larger === undefined || bytes > (parseBytes(larger) ?? Number.POSITIVE_INFINITY)) ??
    null
  );
}

function reason(route: Route, bytes: number, environment: Environment): string {
  const size = bytes === 0 ? 'of unknown size' : `of ${sizeText(bytes)}`;
  if (environment.route === undefined)
    return `Stored in '${route.to}': the only store of environment '${environment.name}'.`;
  return route.larger === undefined
    ? `Stored in '${route.to}': ${size}, and no route before this one matches.`
    : `Stored in '${route.to}': ${size}, larger than ${route.larger}.`;
}

function none(stream: string, environment: Environment, route: Route | null): StoreChoice {
  const names = Object.keys(environment.stores);
  return {
    kind: 'none',
    finding: finding({
      rule: 'no-store',
      address: stream,
      message:
        route === null
          ? `environment '${environment.name}' has ${names.length === 0 ? 'no store' : `${names.length} stores and no route that matches`}, so stream '${stream}' has nowhere to rest.`
          : `a route of environment '${environment.name}' leads to store '${route.to}', which it does not have.`,
      help:
        names.length === 0
          ? `Add a store to environment '${environment.name}'.`
          : `Add a route without condition, such as  otherwise('${names[0] ?? 'main'}').`,
    }),
  };
}
