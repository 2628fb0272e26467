import type { SourceTable } from '../../../engine/capture.ts';
import type { Finding } from '../../../findings/finding.ts';
import { finding } from '../../../findings/make.ts';
import { columnFindings } from './column.ts';
import { quoted } from './server.ts';
import type { FoundTable, Identity, SourceServer } from './source.ts';

/** What stands against reading this table. */
export function tableFindings(
  server: SourceServer,
  mode: 'snapshot' | 'cdc',
  table: SourceTable,
  found: FoundTable | null,
): readonly Finding[] {
  const findings: Finding[] = [];
  const { address } = table;
  const say = (rule: string, message: string, help: string) => findings.push(finding({ rule, address, message, help }));
  const label = `'${table.schema}.${table.table}'`;
  const spelled = `${quoted(table.schema)}.${quoted(table.table)}`;

  if (found === null || !(found.kind === 'r' || found.kind === 'p' || (mode === 'snapshot' && kinds[found.kind]))) {
    const what = found === null ? 'is not there' : `is ${kinds[found.kind] ?? 'no table'}, which has no change log`;
    say(
      'source-table-missing',
      `table ${label} of dataset '${address}' ${what} in database '${server.database}'.`,
      found === null
        ? "Correct 'from' of the dataset, or create the table. Names are compared exactly, upper and lower case included."
        : 'Read it with changes: snapshot(), or name the table below it.',
    );
    return findings;
  }
  if (!found.mayUseSchema) {
    say(
      'source-grant',
      `role '${server.role}' may not look into schema '${table.schema}', where the table of dataset '${address}' is.`,
      `As its owner:  grant usage on schema ${quoted(table.schema)} to ${quoted(server.role)};`,
    );
  }
  if (found.isFiltered) {
    say(
      'source-row-security',
      `row security hides rows of table ${label} from role '${server.role}', so the copy would lack them unseen.`,
      `As an administrator:  alter role ${quoted(server.role)} bypassrls;`,
    );
  }
  findings.push(...columnFindings(server, mode, table, found));
  if (mode === 'snapshot') return findings;

  if (found.isUnlogged) {
    say(
      'source-unlogged',
      `table ${label} is unlogged: its changes are not in the server's log.`,
      `alter table ${spelled} set logged;  or read it with changes: snapshot().`,
    );
  }
  if (found.isParent) {
    say(
      'source-inheritance',
      `other tables inherit from table ${label}. Their rows seem to be in it, but their changes are not in its log.`,
      'Make a dataset of each table that inherits, use partitions instead, or read it with changes: snapshot().',
    );
  }
  const unlogged = found.partitions.filter((one) => one.isUnlogged);
  if (unlogged.length > 0) {
    const [first] = unlogged;
    say(
      'source-unlogged',
      `partition '${first?.name}' of table ${label} is ${first?.isForeign ? 'a foreign table' : 'unlogged'}: its changes are not in the server's log.`,
      `Detach it, ${first?.isForeign ? '' : 'set it logged, '}or read the datastore with changes: snapshot().`,
    );
  }
  if (table.key.length > 0) findings.push(...identityFindings(table, found.identities, label, spelled));
  return findings;
}

/** An update or delete must say which row it was: its key must be in what the server logs of the old row. */
function identityFindings(
  table: SourceTable,
  identities: readonly Identity[],
  label: string,
  spelled: string,
): readonly Finding[] {
  const key = table.key.map((of) => table.columns.find((column) => column.name === of)?.from ?? of);
  const unusable = identities.filter(
    ({ setting, columns }) => setting !== 'f' && !key.every((column) => columns.includes(column)),
  );
  if (unusable.length === 0) return [];
  const [first] = unusable;
  const has =
    first === undefined || first.columns.length === 0
      ? "has no replica identity, so an update or delete would not say which row it was (and PostgreSQL would refuse the producer's own updates once the table is published)"
      : `logs only ${first.columns.map((column) => `'${column}'`).join(', ')} of a row that is updated or deleted, and the dataset's key is ${key.map((column) => `'${column}'`).join(', ')}`;
  const all =
    identities.length === 1 ? [spelled] : unusable.map(({ table: of }) => of.split('.').map(quoted).join('.'));
  const alter = all.map((of) => `alter table ${of} replica identity full;`).join('  ');
  return [
    finding({
      rule: 'source-replica-identity',
      address: table.address,
      message: `table ${label} ${has}.`,
      help: `As its owner, add  primary key (${key.map(quoted).join(', ')}),  or:  ${alter}  Where rows are only ever added, leave the key out and say appendOnly: true.`,
    }),
  ];
}

const kinds: Readonly<Record<string, string>> = { v: 'a view', m: 'a materialized view', f: 'a foreign table' };
