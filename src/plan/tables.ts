import { must } from '../base/must.ts';
import { defaultSchemaOf, type EngineFacts } from '../engine/facts.ts';
import { memberAddress, parseObjectAddress } from '../model/address.ts';
import { isNullable, keyOf, own, sourceColumn, sourceTable } from '../model/effective.ts';
import { identityOf } from '../model/identity.ts';
import type { Container, Dataset, Datastore } from '../model/model.ts';
import { columnName, schemaName, tableName } from './names.ts';
import type { StreamDataset, Table, TableColumn } from './plan.ts';

/** A dataset's tables in a container of an engine, with the columns that are kept there. */
export function tableOf(
  datastore: Datastore,
  dataset: string,
  columns: readonly string[],
  layout: Table['layout'],
  { identifierLimit }: EngineFacts,
): Table {
  const declared = must(own(datastore.datasets, dataset), `dataset '${dataset}'`);
  // Whatever it is called now: a rename moves nothing, and one of the name of a removed one has tables of its own.
  const kept = identityOf(dataset, declared, datastore.tombstones ?? []);
  const { zone, team, object } = must(parseObjectAddress(datastore.address), `address '${datastore.address}'`);
  return {
    address: memberAddress(datastore.address, dataset),
    ...(kept === dataset ? {} : { identity: memberAddress(datastore.address, kept) }),
    name: dataset,
    key: keyOf(declared).map((column) => keptName(declared, column)),
    columns: columns.map((column) => tableColumn(declared, column)),
    layout,
    schema: schemaName([zone, team, object], identifierLimit),
    current: tableName(kept, null, identifierLimit),
    history: tableName(kept, 'history', identifierLimit),
    delta: tableName(kept, 'delta', identifierLimit),
  };
}

/** Where the source keeps it: `from`, or the dataset's own name in the source's default schema. */
export function sourceOf(
  dataset: Dataset,
  name: string,
  facts: EngineFacts,
  { fields }: Pick<Container, 'fields'>,
): StreamDataset['from'] {
  const { schema, table } = sourceTable(name, dataset);
  return { schema: schema ?? defaultSchemaOf(facts, fields), table };
}

function tableColumn(dataset: Dataset, name: string): TableColumn {
  const column = must(own(dataset.columns, name), `column '${name}'`);
  return {
    name: keptName(dataset, name),
    from: sourceColumn(name, column),
    type: column.type,
    nullable: isNullable(column),
    ...(column.default === undefined ? {} : { absent: String(column.default) }),
  };
}

/** The name that a column has in our tables: its first one, whatever it is called now. */
export function keptName({ columns, tombstones = [] }: Dataset, name: string): string {
  return columnName(identityOf(name, must(own(columns, name), `column '${name}'`), tombstones));
}
