import type { SourceTable } from '../../../engine/capture.ts';
import type { Finding } from '../../../findings/finding.ts';
import { finding } from '../../../findings/make.ts';
import { typeText } from '../../../types/text.ts';
import { isReadAs } from '../neutral.ts';
import { quoted } from './server.ts';
import type { FoundColumn, FoundTable, SourceServer } from './source.ts';

type ModelColumn = SourceTable['columns'][number];

/** Are the model's columns there, and of the types that it says? */
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

  for (const column of table.columns) {
    const say = (rule: string, message: string, help: string) =>
      findings.push(finding({ rule, address: `${table.address}#${column.name}`, message, help }));
    const at = found.columns.get(column.from);
    if (at === undefined) {
      say(
        'source-column-missing',
        `table ${label} has no column '${column.from}' that account '${server.account}' may see. It has ${[...found.columns.keys()].map((of) => `'${of}'`).join(', ')}.`,
        "Correct 'from' of the column, or take the column out of the dataset.",
      );
      continue;
    }
    const changed = typeChange(column, at, `column '${column.from}' of table ${label}`);
    if (changed !== null) say(changed.rule, changed.message, changed.help);
    if (mode === 'cdc') {
      const refused = logRefusal(server, at);
      if (refused !== null) say(refused.rule, `column '${column.from}' of table ${label} ${refused.why}`, refused.help);
    }
    // A view's columns never say that they are not null.
    const isNullable = at.nullable && found.kind !== 'VIEW';
    if (isNullable && isKey(column)) {
      say(
        'source-key-nullable',
        `column '${column.from}' of table ${label} is in the key of dataset '${table.address}' and may be null at the source; a row without a key cannot be merged.`,
        `As its owner:  alter table ${spelled} modify ${quoted(column.from)} ${at.physical} not null;  or choose another key.`,
      );
    } else if (isNullable && !column.nullable) {
      say(
        'source-nullable',
        `column '${column.from}' of table ${label} may be null, and the model says it never is.`,
        'Say nullable: true of the column, or set it not null at the source.',
      );
    }
  }
  const key = table.columns.filter(isKey).map((column) => column.from);
  if (key.length > 0 && !found.uniques.some((unique) => unique.every((of) => key.includes(of)))) {
    findings.push(
      finding({
        rule: 'source-key-not-unique',
        address: table.address,
        message: `nothing at the source keeps the key ${key.map((of) => `'${of}'`).join(', ')} of table ${label} unique${mode === 'cdc' ? ', so the log cannot tell two rows of one key apart' : '. Two rows of one key would stop the stream'}.`,
        help: `As its owner:  alter table ${spelled} add unique key (${key.map(quoted).join(', ')});  or choose another key${mode === 'cdc' ? ', or read it with changes: snapshot()' : ''}.`,
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
  if (isReadAs(at.neutral.type, at.physical, column.type)) return null;
  return {
    rule: 'source-type-changed',
    message: `${label} is '${at.physical}' (${typeText(at.neutral.type)}), and the model says ${typeText(column.type)}, which does not hold all its values.`,
    help: `Write ${typeText(at.neutral.type)} in the model (freehold sync does), or change the column back.`,
  };
}

/** What of a column the log cannot tell, though a query can. */
function logRefusal(server: SourceServer, at: FoundColumn) {
  if (at.isVirtual) {
    return {
      rule: 'source-generated-column',
      why: `is generated when it is read, and the log of ${server.version} does not hold its values.`,
      help: 'Take the column out of the dataset, or read the datastore with changes: snapshot().',
    };
  }
  if (/compressed/i.test(at.physical)) {
    return {
      rule: 'source-column-compressed',
      why: `is '${at.physical}': its values are in the log as the server compressed them, which is not read here.`,
      help: 'Take the column out of the dataset, store it uncompressed, or read the datastore with changes: snapshot().',
    };
  }
  return null;
}
