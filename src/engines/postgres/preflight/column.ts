import type { SourceTable } from '../../../engine/capture.ts';
import type { Finding } from '../../../findings/finding.ts';
import { finding } from '../../../findings/make.ts';
import { fits } from '../../../types/fits.ts';
import { typeText } from '../../../types/text.ts';
import { quoted } from './server.ts';
import type { FoundColumn, FoundTable, SourceServer } from './source.ts';

type ModelColumn = SourceTable['columns'][number];

/** Are the model's columns there, readable, and of the types that it says? */
export function columnFindings(
  server: SourceServer,
  mode: 'snapshot' | 'cdc',
  table: SourceTable,
  found: FoundTable,
): readonly Finding[] {
  const findings: Finding[] = [];
  const label = `'${table.schema}.${table.table}'`;
  const spelled = `${quoted(table.schema)}.${quoted(table.table)}`;
  const isKey = (column: ModelColumn) => table.key.includes(column.name);
  const unread: string[] = [];

  for (const column of table.columns) {
    const say = (rule: string, message: string, help: string, severity: 'error' | 'warning' = 'error') =>
      findings.push(finding({ rule, severity, address: `${table.address}#${column.name}`, message, help }));
    const at = found.columns.get(column.from);
    if (at === undefined) {
      say(
        'source-column-missing',
        `table ${label} has no column '${column.from}'. It has ${[...found.columns.keys()].map((of) => `'${of}'`).join(', ')}.`,
        "Correct 'from' of the column, or take the column out of the dataset.",
      );
      continue;
    }
    if (!at.mayRead) unread.push(column.from);
    const changed = typeChange(column, at, `column '${column.from}' of table ${label}`);
    if (changed !== null) say(changed.rule, changed.message, changed.help);
    if (mode === 'cdc' && (at.generated === 'virtual' || (at.generated === 'stored' && server.version < 180_000))) {
      say(
        'source-generated-column',
        `column '${column.from}' of table ${label} is generated, and the log of PostgreSQL ${server.versionText} does not hold its values.`,
        'Take the column out of the dataset, or read the datastore with changes: snapshot().',
      );
    }
    // A view's columns never say that they are not null.
    const isNullable = at.nullable && (found.kind === 'r' || found.kind === 'p');
    if (isNullable && isKey(column)) {
      say(
        'source-key-nullable',
        `column '${column.from}' of table ${label} is in the key of dataset '${table.address}' and may be null at the source; a row without a key cannot be merged.`,
        `As its owner:  alter table ${spelled} alter column ${quoted(column.from)} set not null;  or choose another key.`,
      );
    } else if (isNullable && !column.nullable) {
      say(
        'source-nullable',
        `column '${column.from}' of table ${label} may be null, and the model says it never is.`,
        'Say nullable: true of the column, or set it not null at the source.',
      );
    }
  }
  if (unread.length > 0) {
    findings.push(
      finding({
        rule: 'source-grant',
        address: table.address,
        message: `role '${server.role}' may not read ${unread.map((of) => `'${of}'`).join(', ')} of table ${label}.`,
        help: `As its owner:  grant select${unread.length === found.columns.size ? '' : ` (${unread.map(quoted).join(', ')})`} on ${spelled} to ${quoted(server.role)};`,
      }),
    );
  }
  const key = table.columns.filter(isKey).map((column) => column.from);
  if (key.length > 0 && !found.uniques.some((unique) => unique.every((of) => key.includes(of)))) {
    findings.push(
      finding({
        rule: 'source-key-not-unique',
        address: table.address,
        message: `nothing at the source keeps the key ${key.map((of) => `'${of}'`).join(', ')} of table ${label} unique at every moment${mode === 'cdc' ? ', so the log cannot tell two rows that exchange their keys from one that went' : '. Two rows of one key would stop the stream'}.`,
        help: `As its owner:  create unique index on ${spelled} (${key.map(quoted).join(', ')});  (a deferrable constraint does not count), or choose another key${mode === 'cdc' ? ', or read it with changes: snapshot()' : ''}.`,
        severity: mode === 'cdc' ? 'error' : 'warning',
      }),
    );
  }
  return findings;
}

function typeChange(column: ModelColumn, at: FoundColumn, label: string) {
  if ('unmapped' in at.neutral) {
    return {
      rule: 'source-unmapped-type',
      message: `${label} cannot be carried: ${at.neutral.unmapped}`,
      help: 'Take the column out of the dataset, or change it at the source as said.',
    };
  }
  if (fits(at.neutral.type, column.type)) return null;
  return {
    rule: 'source-type-changed',
    message: `${label} is '${at.physical}' (${typeText(at.neutral.type)}), and the model says ${typeText(column.type)}, which does not hold all its values.`,
    help: `Write ${typeText(at.neutral.type)} in the model (freehold sync does), or change the column back.`,
  };
}
