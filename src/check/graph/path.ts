import { columnAddress, parseMemberAddress } from '../../model/address.ts';
import { wordsOfMesh } from '../mesh.ts';
import type { Ask } from '../rule.ts';
import { carrierOf } from './carried.ts';
import { type Classification, masked } from './classification.ts';
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
  const hopAt = (at: Column, transformer: string | null): Hop => {
    return { at, transformer, above: columnsAbove(ask, at, zone, isLookedFor), isMade: false };
  };
  const way = [hopAt({ dataset, column }, null)];
  const been = new Set([addressOf({ dataset, column })]);
  let first: readonly string[] = [...been];
  for (let hop = way.at(-1); hop !== undefined; hop = way.at(-1)) {
    const { value: above } = hop.above.next();
    if (above !== undefined) {
      hop.isMade = true;
      const address = addressOf(above.column);
      if (been.has(address)) continue;
      been.add(address);
      way.push(hopAt(above.column, above.transformer));
      continue;
    }
    if (!hop.isMade) return wordsOf(way);
    // All before it has been on the way: in a circle that nothing enters, the last of its columns stands for all.
    if (way.length > first.length) first = wordsOf(way);
    way.pop();
  }
  return first;
}

/** `isMade`: something above it carries what is looked for. */
type Hop = {
  readonly at: Column;
  /** That makes the column below. */
  readonly transformer: string | null;
  readonly above: Iterator<Above, undefined>;
  isMade: boolean;
};
type Column = { readonly dataset: string; readonly column: string };
type Above = { readonly transformer: string; readonly column: Column };

function wordsOf(way: readonly Hop[]): readonly string[] {
  return way
    .toReversed()
    .flatMap(({ at, transformer }) => [addressOf(at), ...(transformer === null ? [] : [`transformer ${transformer}`])]);
}

function* columnsAbove(
  ask: Ask,
  { dataset, column }: Column,
  zone: string,
  isLookedFor: (carried: Classification) => boolean,
): Generator<Above, undefined> {
  const address = parseMemberAddress(dataset);
  const transformer = address === null ? undefined : ask.object('datastore', address.object)?.changes.transformer;
  if (address === null || transformer === undefined) return;
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
      yield { transformer, column: { dataset: source.read.address, column: source.column } };
  }
}

function addressOf({ dataset, column }: Column): string {
  const [object = '', name = ''] = dataset.split('.');
  return columnAddress(object, name, column);
}
