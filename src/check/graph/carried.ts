/**
 * Taint: what each column carries, through any number of transformers. A column carries what its own zone calls it, and
 * what all the columns carry that it comes from, after masks, less what their zones declassified. Calling an output less
 * lowers nothing.
 */
import { columnAddress, memberAddress } from '../../model/address.ts';
import { type Classified, own } from '../../model/effective.ts';
import type { Column, Datastore } from '../../model/model.ts';
import { wordsOfMesh } from '../mesh.ts';
import type { Ask } from '../rule.ts';
import { type Carried, carriesNothing, declared, joined, masked } from './classification.ts';
import { declassifiedBy, without } from './declassified.ts';
import type { DatasetRead } from './reads.ts';
import { lineages, sourceColumns, transformerReads } from './transformer.ts';
import { upstreamFirst } from './upstream-first.ts';

/** What the columns of a datastore carry, each by dataset and name; and whole rows of a dataset, worked out when asked. */
export type Carrier = {
  readonly of: (dataset: string, column: string) => Carried;
  readonly rows: (dataset: string) => Carried;
};

type ColumnCarrier = Carrier['of'];

export const carrierOf = upstreamFirst(carrierBy, textOfCarrier);

type KnownCarrier = (datastore: string) => Carrier | undefined;

function carrierBy(ask: Ask, address: string, known: KnownCarrier): Carrier {
  const datastore = ask.object('datastore', address);
  const mesh = wordsOfMesh(ask);
  if (datastore === null) return { of: () => carriesNothing, rows: () => carriesNothing };
  const { transformer } = datastore.changes;
  const declares = declaredIn(mesh, datastore);
  const columnsOf = (dataset: string) => own(datastore.datasets, dataset)?.columns ?? {};
  const ofColumn: ColumnCarrier = (dataset, name) => {
    const column = own(columnsOf(dataset), name);
    return column === undefined ? carriesNothing : declares(column);
  };
  if (transformer === undefined)
    return withRows(ofColumn, (dataset) => Object.values(columnsOf(dataset)).map(declares));
  const of = made(ask, mesh, datastore, transformer, ofColumn, known);
  return withRows(of, (dataset) => Object.keys(columnsOf(dataset)).map((column) => of(dataset, column)));
}

function textOfCarrier(ask: Ask, address: string, { of }: Carrier): string {
  const datasets = Object.entries(ask.object('datastore', address)?.datasets ?? {});
  return datasets
    .flatMap(([dataset, { columns }]) => Object.keys(columns).map((column) => textOf(of(dataset, column))))
    .join('; ');
}

function textOf(carried: Carried): string {
  return [...carried].map(([zone, { rank, labels }]) => `${zone} ${rank} ${labels.join(' ')}`).join(', ');
}

/** `all`: what each column of a dataset carries. */
function withRows(of: ColumnCarrier, all: (dataset: string) => readonly Carried[]): Carrier {
  const known = new Map<string, Carried>();
  const alike = new Map<string, Carried>();
  const rowsOfDataset = (dataset: string): Carried => {
    const rows = joinedOnce(all(dataset));
    // Datasets whose rows carry the same share one answer, so that what follows from it is worked out once.
    const text = textOf(rows);
    const shared = alike.get(text) ?? rows;
    alike.set(text, shared);
    known.set(dataset, shared);
    return shared;
  };
  return { of, rows: (dataset) => known.get(dataset) ?? rowsOfDataset(dataset) };
}

/** Columns with what each carries, in the dataset's order. */
export type Columns = readonly (readonly [name: string, carried: Carried])[];

/** What a row of these columns carries. */
export function rowsOf(columns: Columns): Carried {
  return joinedOnce(columns.map(([, carried]) => carried));
}

/** Columns that are called alike share one answer, so this is short. */
function joinedOnce(all: readonly Carried[]): Carried {
  const distinct = new Set(all);
  const [only = carriesNothing] = distinct;
  return distinct.size <= 1 ? only : joined(distinct);
}

/** What a reader sees, behind masks, and what its conditions look at, as it is. */
export function seenBy(mesh: Classified, carrier: Carrier, read: DatasetRead): Columns {
  return Object.keys(read.dataset.columns).flatMap((column): Columns => {
    const masks = read.sees(column);
    if (read.filters.has(column)) return [[column, carrier.of(read.name, column)]];
    return masks === undefined ? [] : [[column, masked(mesh, carrier.of(read.name, column), masks)]];
  });
}

/** What a row carries as a reader sees it. */
export function rowsSeenBy(mesh: Classified, carrier: Carrier, read: DatasetRead): Carried {
  return read.isWhole ? carrier.rows(read.name) : rowsOf(seenBy(mesh, carrier, read));
}

/** What the zone itself calls its columns. Equal ones share one answer, for most columns are called like many others. */
function declaredIn(mesh: Classified, datastore: Datastore): (column: Column) => Carried {
  const [zone = ''] = datastore.address.split('/');
  const shared = new Map<string, Carried>();
  let silent: Carried | null = null;
  const carriedBy = (column: Column): Carried => new Map([[zone, declared(mesh, datastore, column)]]);
  return (column) => {
    if (column.level === undefined && column.labels === undefined) {
      silent ??= carriedBy(column);
      return silent;
    }
    const key = `${column.level ?? ''} ${column.labels?.join(' ') ?? ''}`;
    const known = shared.get(key) ?? carriedBy(column);
    shared.set(key, known);
    return known;
  };
}

function made(
  ask: Ask,
  mesh: Classified,
  datastore: Datastore,
  transformer: string,
  declares: ColumnCarrier,
  known: KnownCarrier,
): ColumnCarrier {
  const noun = ask.object('transformer', transformer);
  if (noun === null) return declares;
  const reads = transformerReads(ask, transformer);
  const lineage = lineages(ask, transformer);
  const statements = declassifiedBy(ask, noun);
  const all = [...reads.values()].flat();
  const carriers = new Map(all.map((read) => [read.datastore.address, known(read.datastore.address)]));
  const carriedBy = (read: DatasetRead, column: string) =>
    carriers.get(read.datastore.address)?.of(read.name, column) ?? carriesNothing;
  const filters = joined(all.flatMap((read) => [...read.filters].map((column) => carriedBy(read, column))));
  const entries = Object.entries(datastore.datasets).flatMap(([dataset, { columns }]) =>
    Object.keys(columns).map((column): readonly [string, Carried] => {
      const sources = [...lineage(dataset).of(column)].flatMap((source) => sourceColumns(reads, source));
      const inflow = joined([
        filters,
        ...sources.map((one) => masked(mesh, carriedBy(one.read, one.column), one.read.sees(one.column) ?? [])),
      ]);
      const { address } = datastore;
      const left = without(
        inflow,
        statements,
        memberAddress(address, dataset),
        columnAddress(address, dataset, column),
      );
      return [`${dataset}.${column}`, joined([declares(dataset, column), left])];
    }),
  );
  const carried = new Map(entries);
  return (dataset, column) => carried.get(`${dataset}.${column}`) ?? carriesNothing;
}
