import type { Transformer } from '../../model/model.ts';
import { type Lineage, lineageOf, opaqueLineage } from '../../sql/lineage/lineage.ts';
import { remembered } from '../memo.ts';
import type { Ask } from '../rule.ts';
import { type DatasetRead, readsIn, seenColumns } from './reads.ts';

/** What a transformer reads, by the name that its code calls it. A wildcard may give several datasets. */
export type TransformerReads = ReadonlyMap<string, readonly DatasetRead[]>;

export const transformerReads = remembered((ask: Ask, address: string): TransformerReads => {
  const transformer = ask.object('transformer', address);
  return new Map(
    Object.entries(transformer?.reads ?? {}).map(([name, reference]) => [name, readsIn(ask, [reference])]),
  );
});

/** From which columns of its reads (`name.column`) each column of each dataset comes that a transformer makes. */
export const lineages = remembered((ask: Ask, address: string): ((dataset: string) => Lineage) => {
  const reads = transformerReads(ask, address);
  const inputs = new Map([...reads].map(([name, of]) => [name, [...new Set(of.flatMap(seenColumns))]]));
  const transformer = ask.object('transformer', address);
  const queries = transformer === null ? {} : queriesOf(transformer);
  const dialect = transformer?.code.kind === 'sql' ? transformer.code.dialect : 'postgres';
  const made = new Map(
    Object.entries(queries).map(([dataset, query]) => [
      dataset,
      ask.parseSql === undefined
        ? opaqueLineage(inputs, 'nothing here reads SQL')
        : lineageOf(ask.parseSql(query), inputs, dialect),
    ]),
  );
  const opaque = opaqueLineage(inputs, 'it is no SQL');
  return (dataset) => made.get(dataset) ?? opaque;
});

/** By dataset; an image has none. */
export function queriesOf({ code }: Transformer): Readonly<Record<string, string>> {
  return code.kind === 'sql' ? code.queries : {};
}

/** The datastores that a transformer reads. */
export function inputsOf(ask: Ask, transformer: string): readonly string[] {
  const reads = [...transformerReads(ask, transformer).values()].flat();
  return [...new Set(reads.map(({ datastore }) => datastore.address))].sort();
}

/** The datastores that a datastore is made of; none where it is captured. */
export function upstreamOf(ask: Ask, datastore: string): readonly string[] {
  const transformer = ask.object('datastore', datastore)?.changes.transformer;
  return transformer === undefined ? [] : inputsOf(ask, transformer);
}

/** The datasets that a read of a transformer, `name.column`, is of, with the column. */
export function sourceColumns(
  reads: TransformerReads,
  source: string,
): readonly { readonly read: DatasetRead; readonly column: string }[] {
  const dot = source.indexOf('.');
  const column = source.slice(dot + 1);
  const of = reads.get(source.slice(0, dot)) ?? [];
  return of.filter(({ sees }) => sees(column) !== undefined).map((read) => ({ read, column }));
}
