import { byCodePoint } from '../../base/digest.ts';
import { must } from '../../base/must.ts';
import type { SourceTable } from '../../engine/capture.ts';
import type { CatalogueTable } from '../../engine/engine.ts';
import { engineNamed } from '../../engines/index.ts';
import { schemaText } from '../../load/schema/write.ts';
import { UseError } from '../exit.ts';
import type { Output } from '../output.ts';
import { distinctNames, modelName } from './names.ts';
import type { DatabaseUrl } from './url.ts';

export type Keyless = { readonly dataset: string; readonly why: string };

export type Introspected = {
  readonly schema: string;
  readonly changes: { readonly word: 'cdc()' | 'snapshot()'; readonly why: string };
  /** Datasets whose tables have no usable key, so that the overlay leaves them out until somebody decides. */
  readonly keyless: readonly Keyless[];
  /** Columns that are left out, each with the reason. */
  readonly leftOut: readonly string[];
  readonly datasets: number;
};

/** Reads a database's catalogue, read-only, into the text of a schema file. Errors: EngineError; UseError where it is empty. */
export async function introspect(url: DatabaseUrl, output: Output): Promise<Introspected> {
  const engine = await engineNamed(url.engine);
  const access = {
    engine: url.engine,
    label: `${url.engine} at ${url.host}:${url.port}/${url.database}`,
    fields: {
      host: url.host,
      port: url.port,
      database: url.database,
      user: url.user,
      ...(url.password === null ? {} : { password: url.password }),
      ...(url.ssl === null ? {} : { ssl: url.ssl }),
    },
  };
  output.note(`reading the catalogue of ${access.label}`);
  await using connection = await engine.connect(access, 'freehold init');
  const { tables } = await engine.catalogue(connection);
  const kept = tables.filter((table) => table.key.length > 0 && table.key.every((key) => isMapped(table, key)));
  if (kept.length === 0) {
    throw new UseError(
      tables.length === 0
        ? `${url.database} has no tables that '${url.user}' may see. Is it the right database?`
        : `None of the ${tables.length} tables of ${url.database} has a primary key that can be read, so none can be kept up to date. Add keys first.`,
    );
  }
  const names = tableNames(tables);
  const capture = must(engine.capture, `capture of ${url.engine}`);
  const blocking = (
    await capture.preflight(
      connection,
      'cdc',
      kept.map((table) => sourceTable(table, must(names.get(table), 'name'))),
    )
  ).filter((finding) => finding.severity === 'error');
  const [reason] = blocking;
  return {
    schema: schemaText(
      tables,
      (table) => must(names.get(table), 'name'),
      typeof engine.facts.defaultSchema === 'object' ? url.database : null,
    ),
    changes:
      reason === undefined
        ? { word: 'cdc()', why: 'every committed change, from the log' }
        : { word: 'snapshot()', why: `cdc() would see every change; for it: ${reason.help.split('\n')[0] ?? ''}` },
    keyless: tables
      .filter((table) => !kept.includes(table))
      .map((table) => ({ dataset: must(names.get(table), 'name'), why: whyLeftOut(table) }))
      .sort((a, b) => byCodePoint(a.dataset, b.dataset)),
    leftOut: tables.flatMap(unmappedColumns),
    datasets: kept.length,
  };
}

function isMapped(table: CatalogueTable, column: string): boolean {
  return table.columns.some((other) => other.name === column && other.type !== null);
}

/** The table's name alone, or with its schema in front where two tables share one. */
function tableNames(tables: readonly CatalogueTable[]): Map<CatalogueTable, string> {
  const plain = tables.map((table) => modelName(table.name));
  const wanted = tables.map((table, i) => {
    const own = must(plain[i], 'name');
    return plain.filter((other) => other === own).length === 1 ? own : modelName(`${table.schema}_${table.name}`);
  });
  const distinct = distinctNames(wanted);
  return new Map(tables.map((table, i) => [table, must(distinct[i], 'name')]));
}

function sourceTable(table: CatalogueTable, address: string): SourceTable {
  return {
    address,
    schema: table.schema,
    table: table.name,
    key: table.key,
    columns: table.columns.flatMap((column) =>
      column.type === null
        ? []
        : [{ name: column.name, from: column.name, type: column.type, nullable: column.nullable }],
    ),
  };
}

function whyLeftOut(table: CatalogueTable): string {
  const unmapped = table.columns
    .filter((column) => column.type === null && table.key.includes(column.name))
    .map((column) => `${column.name} ${column.physical}`);
  return table.key.length === 0
    ? `${table.schema}.${table.name} has no primary key. Say  key: ['...']  where columns tell its rows apart, or  appendOnly: true  where rows are only ever added`
    : `${table.schema}.${table.name} has the key (${unmapped.join(', ')}), of a type that has no equal here. Say  key: ['...']  with other columns that tell its rows apart`;
}

function unmappedColumns(table: CatalogueTable): string[] {
  return table.columns
    .filter((column) => column.type === null)
    .map(
      (column) =>
        `column ${table.schema}.${table.name}.${column.name} (${column.physical}): ${column.unmapped ?? 'its type has no equal here'}`,
    );
}
