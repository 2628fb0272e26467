import type { SourceTable } from '../../../engine/capture.ts';
import type { Finding } from '../../../findings/finding.ts';
import { finding } from '../../../findings/make.ts';
import { columnFindings } from './column.ts';
import { accountName, quoted } from './server.ts';
import type { FoundTable, SourceServer } from './source.ts';

/** What stands against reading this table. */
export function tableFindings(
  server: SourceServer,
  mode: 'snapshot' | 'cdc',
  table: SourceTable,
  found: FoundTable | null,
): readonly Finding[] {
  const findings: Finding[] = [];
  const { address } = table;
  const say = (rule: string, message: string, help: string, severity: 'error' | 'warning' = 'error') =>
    findings.push(finding({ rule, severity, address, message, help }));
  const label = `'${table.schema}.${table.table}'`;
  const spelled = `${quoted(table.schema)}.${quoted(table.table)}`;
  const isTable = found?.kind === 'BASE TABLE' || found?.kind === 'SYSTEM VERSIONED';

  if (found === null || !(isTable || (mode === 'snapshot' && found.kind === 'VIEW'))) {
    const what =
      found === null
        ? `is not there, or account '${server.account}' may not see it,`
        : `is ${found.kind === 'VIEW' ? 'a view' : `of the kind '${found.kind}'`}, which has no change log,`;
    say(
      'source-table-missing',
      `table ${label} of dataset '${address}' ${what} on the server of database '${server.database}'.`,
      found === null
        ? `Correct 'from' of the dataset, create the table, or, as an administrator:  grant select on ${spelled} to ${accountName(server.account)};  Names are compared exactly, upper and lower case included.`
        : 'Read it with changes: snapshot(), or name the table below it.',
    );
    return findings;
  }
  if (found.refusal !== null) {
    const columns = table.columns.filter((column) => found.columns.has(column.from)).map((column) => column.from);
    say(
      'source-grant',
      `account '${server.account}' may not read table ${label}: ${found.refusal}.`,
      `As an administrator:  grant select (${columns.map(quoted).join(', ')}) on ${spelled} to ${accountName(server.account)};`,
    );
  }
  findings.push(...columnFindings(server, mode, table, found));
  const isTransactional = found.kind === 'VIEW' || /^(innodb|rocksdb|tokudb)$/i.test(found.storage);
  if (!isTransactional) {
    say(
      'source-not-transactional',
      `table ${label} is kept by ${found.storage}, which has no transactions: a read may see half of a change${mode === 'cdc' ? ', and a load cannot be joined to the log' : ''}.`,
      `As its owner:  alter table ${spelled} engine = InnoDB;${mode === 'cdc' ? '  Or read it with changes: snapshot().' : ''}`,
      mode === 'cdc' ? 'error' : 'warning',
    );
  }
  if (mode === 'snapshot') return findings;
  for (const { constraint, rule } of found.cascades) {
    say(
      'source-cascade',
      `rows of table ${label} change by foreign key '${constraint}' (${rule}), and the server's log does not hold such changes.`,
      `As its owner, make the key restrict and let the program change both tables:  alter table ${spelled} drop foreign key ${quoted(constraint)};  and add it again without ${rule}. Or read it with changes: snapshot().`,
    );
  }
  if (found.kind === 'SYSTEM VERSIONED') {
    say(
      'source-system-versioned',
      `table ${label} keeps its own versions (with system versioning), whose rows stand among the others in the log.`,
      'Read it with changes: snapshot().',
    );
  }
  return findings;
}
