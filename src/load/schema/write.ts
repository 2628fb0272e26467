import type { CatalogueColumn, CatalogueTable } from '../../engine/engine.ts';
import { physicalNameText } from '../../model/physical.ts';
import { typeText } from '../../types/text.ts';
import { modelNames } from './names.ts';

const header = `# Generated from the source's catalogue, and kept by \`freehold sync\`: what is written here by hand is lost.
# What only people know (docs, classification, keys that the source lacks) goes to the datastore that names this file.
# A column is  name: type  and  ?  where it may be null.
`;

/**
 * The text of a generated `*.schema.yaml`. `names` gives a table's dataset name; columns get theirs from `modelNames`. `own`:
 * the schema that each environment's container says, so that the file does not.
 */
export function schemaText(
  tables: readonly CatalogueTable[],
  names: (table: CatalogueTable) => string,
  own: string | null = null,
): string {
  const datasets = tables.map((table) => ({ name: names(table), table }));
  datasets.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return `${header}version: 1\ndatasets:${datasets.length === 0 ? ' {}' : ''}\n${datasets.map(({ name, table }) => datasetText(name, table, own)).join('')}`;
}

function datasetText(name: string, table: CatalogueTable, own: string | null): string {
  const called = modelNames(table.columns.map((column) => column.name));
  const columns = table.columns.map((column, index) => ({ column, name: called[index] ?? column.name }));
  const key = table.key.map(
    (physical) => columns.find(({ column }) => column.name === physical && column.type !== null)?.name,
  );
  const schema = table.schema === own ? null : table.schema;
  const lines = [`  ${name}:`, `    from: ${scalar(physicalNameText({ schema, table: table.name }))}`];
  if (table.comment) lines.push(`    doc: ${scalar(table.comment)}`);
  const whole = key.filter((one) => one !== undefined);
  if (whole.length < key.length)
    lines.push(`    # key: left out, since a column of it is: ${remark(table.key.join(', '))}`);
  else if (whole.length > 0) lines.push(`    key: [${whole.join(', ')}]`);
  lines.push(columns.some(({ column }) => column.type !== null) ? '    columns:' : '    columns: {}');
  for (const { column, name: own } of columns) lines.push(`      ${columnText(own, column)}`);
  return `${lines.join('\n')}\n`;
}

function columnText(name: string, column: CatalogueColumn): string {
  if (column.type === null) {
    return `# ${remark(column.name)}: left out, of type ${remark(column.physical)}: ${remark(column.unmapped ?? 'not mapped')}`;
  }
  const type = `${typeText(column.type)}${column.nullable ? '?' : ''}`;
  const more = [
    ...(column.name === name ? [] : [`from: ${scalar(column.name)}`]),
    ...(column.comment ? [`doc: ${scalar(column.comment)}`] : []),
  ];
  return more.length === 0 ? `${name}: ${scalar(type)}` : `${name}: { type: ${scalar(type)}, ${more.join(', ')} }`;
}

/** Plain where no reader of YAML could take it for anything else, also inside braces; else as JSON, which YAML contains. */
function scalar(text: string): string {
  const isPlain = /^[A-Za-z_][A-Za-z0-9_.()]*\??$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return isPlain ? text : JSON.stringify(text);
}

/** One line of a comment. */
function remark(text: string): string {
  return text.replace(/\s+/g, ' ');
}
