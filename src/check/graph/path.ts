import { columnAddress, parseMemberAddress } from '../../model/address.ts';
import { wordsOfMesh } from '../mesh.ts';
import type { Ask } from '../rule.ts';
import { carrierOf } from './carried.ts';
import type { Classification } from './classification.ts';
import { masked } from './classification.ts';
import { lineages, sourceColumns, transformerReads } from './transformer.ts';

/**
 * The way that a column's values took, from the first column on that carries what is looked for, in words:
 * `retail/sales/orders.customers#email`, `transformer retail/insight/clean`, `retail/insight/silver.people#mail`.
 */
export function pathTo(
  ask: Ask,
  dataset: string,
  column: string,
  zone: string,
  isLookedFor: (carried: Classification) => boolean,
): readonly string[] {
  const hops: string[] = [];
  const been = new Set<string>();
  for (let at: Column | null = { dataset, column }; at !== null; ) {
    const address: string = addressOf(at);
    if (been.has(address)) break;
    been.add(address);
    hops.unshift(address);
    const above = columnAbove(ask, at, zone, isLookedFor);
    if (above !== null) hops.unshift(`transformer ${above.transformer}`);
    at = above?.column ?? null;
  }
  // What runs in a circle ends where it began: a transformer with nothing before it.
  return hops[0]?.startsWith('transformer ') === true ? hops.slice(1) : hops;
}

type Column = { readonly dataset: string; readonly column: string };
type Above = { readonly transformer: string; readonly column: Column };

function columnAbove(
  ask: Ask,
  { dataset, column }: Column,
  zone: string,
  isLookedFor: (carried: Classification) => boolean,
): Above | null {
  const address = parseMemberAddress(dataset);
  const transformer = address === null ? undefined : ask.object('datastore', address.object)?.changes.transformer;
  if (address === null || transformer === undefined) return null;
  const mesh = wordsOfMesh(ask);
  const reads = transformerReads(ask, transformer);
  const sources = [...lineages(ask, transformer)(address.member).of(column)].sort();
  const filters = [...reads.values()]
    .flat()
    .flatMap((read) => [...read.filters].map((name) => ({ read, column: name })));
  for (const source of [...sources.flatMap((each) => sourceColumns(reads, each)), ...filters]) {
    const carried = carrierOf(ask, source.read.datastore.address).of(source.read.name, source.column);
    const seen = source.read.filters.has(source.column)
      ? carried
      : masked(mesh, carried, source.read.sees(source.column) ?? []);
    const part = seen.get(zone);
    if (part !== undefined && isLookedFor(part))
      return { transformer, column: { dataset: source.read.address, column: source.column } };
  }
  return null;
}

function addressOf({ dataset, column }: Column): string {
  const [object = '', name = ''] = dataset.split('.');
  return columnAddress(object, name, column);
}
