import { must } from '../base/must.ts';
import type { EngineFacts } from '../engine/facts.ts';
import { parseObjectAddress } from '../model/address.ts';
import type { Dataset, Datastore } from '../model/model.ts';
import { schemaName, tableName } from './names.ts';
import type { StreamDataset, Table, TableColumn } from './plan.ts';

/** A dataset's tables in a container of an engine, with the columns that are kept there. */
export function tableOf(
  datastore: Datastore,
  dataset: string,
  columns: readonly string[],
  layout: Table['layout'],
  { identifierLimit }: EngineFacts,
): Table {
  const declared = must(datastore.datasets[dataset], `dataset '${dataset}'`);
  const { zone, team, object } = must(parseObjectAddress(datastore.address), `address '${datastore.address}'`);
  return {
    address: `${datastore.address}.${dataset}`,
    name: dataset,
    key: declared.key ?? [],
    columns: columns.map((column) => tableColumn(declared, column)),
    layout,
    schema: schemaName([zone, team, object], identifierLimit),
    current: tableName(dataset, null, identifierLimit),
    history: tableName(dataset, 'history', identifierLimit),
    delta: tableName(dataset, 'delta', identifierLimit),
  };
}

/** Where the source keeps it: `from`, or the dataset's own name in the source's default schema. */
export function sourceTable(dataset: Dataset, name: string, { defaultSchema }: EngineFacts): StreamDataset['from'] {
  const from = dataset.from ?? name;
  const dot = from.indexOf('.');
  return dot < 0
    ? { schema: defaultSchema ?? 'public', table: from }
    : { schema: from.slice(0, dot), table: from.slice(dot + 1) };
}

function tableColumn(dataset: Dataset, name: string): TableColumn {
  const column = must(dataset.columns[name], `column '${name}'`);
  return { name, from: column.from ?? name, type: column.type, nullable: column.nullable ?? false };
}
