import { readingParts, wordsIn } from '../../model/deprecated.ts';
import type { Reference, Transformer, Workspace } from '../../model/model.ts';
import type { Ask } from '../rule.ts';
import { lineages, queriesOf } from './transformer.ts';

/**
 * Who reads, with the references of each; those of a transformer that takes every column, with the columns that its queries
 * make something of, choose rows by or name. As they stand where a query cannot be followed, or the code is no SQL: then it
 * uses all that it takes.
 */
export function usedParts(reader: Workspace | Transformer, ask: Ask): ReturnType<typeof readingParts> {
  if (!('reads' in reader)) return readingParts(reader);
  const used = usedBy(reader, ask);
  if (used === null) return readingParts(reader);
  const read = Object.entries(reader.reads).map(([name, reference]) => narrowed(name, reference, used));
  return [{ what: 'transformer', address: reader.address, read }];
}

/** `lineage`: `input.column` each; `named`: every word of the queries, of which some may be columns. */
type Used = { readonly lineage: ReadonlySet<string>; readonly named: readonly string[] };

function usedBy(transformer: Transformer, ask: Ask): Used | null {
  const queries = Object.entries(queriesOf(transformer));
  if (ask.parseSql === undefined || queries.length === 0) return null;
  const lineage = lineages(ask, transformer.address);
  const used = new Set<string>();
  for (const [dataset] of queries) {
    const { names, opaque, of } = lineage(dataset);
    if (names === null || opaque !== null) return null;
    for (const name of names) for (const source of of(name)) used.add(source);
  }
  return { lineage: used, named: queries.flatMap(([, query]) => wordsIn(query)) };
}

function narrowed(name: string, reference: Reference, { lineage, named }: Used): Reference {
  // What it lists it takes, and would miss.
  if (reference.columns !== undefined) return reference;
  const of = [...lineage].flatMap((one) => (one.startsWith(`${name}.`) ? [one.slice(name.length + 1)] : []));
  return { ...reference, columns: [...new Set([...of, ...named, ...Object.keys(reference.mask ?? {})])] };
}
