import type { SourceTable } from '../../../engine/capture.ts';
import type { Finding } from '../../../findings/finding.ts';
import { finding } from '../../../findings/make.ts';
import { quoted } from './server.ts';
import type { FoundTable, SourceServer } from './source.ts';

/**
 * May we publish these tables, where they are not yet? `statements`: what would make the publications as they must be; null
 * where their name is not known.
 */
export function publicationFindings(
  server: SourceServer,
  tables: readonly SourceTable[],
  found: readonly (FoundTable | null)[],
  statements: readonly string[] | null,
): readonly Finding[] {
  const label = (table: SourceTable) => `'${table.schema}.${table.table}'`;
  const isPublished = (table: SourceTable) => server.published.includes(`${table.schema}.${table.table}`);
  const unpublished = tables.filter((table, i) => found[i] !== null && !isPublished(table));
  if (statements !== null ? statements.length === 0 : unpublished.length === 0) return [];
  const exactly = statements?.join('  ') ?? 'create publication ... (docs/rules/source-publication-right.md);';
  if (server.isStandby) {
    if (server.version < 160_000) return [];
    return [
      finding({
        rule: 'source-standby',
        message: `database '${server.database}' is on a standby, where no publication can be made, and what is published is not what the model reads.`,
        help: `On the primary, as the tables' owner:  ${exactly}  Or give the primary's host and port in the container.`,
      }),
    ];
  }
  if (server.isSuperuser) return [];
  const refused = unpublished.filter((table) => {
    const of = found[tables.indexOf(table)];
    return !(of?.isOwner === true && server.mayCreate);
  });
  if (refused.length === 0) return [];
  const owners = [...new Set(refused.map((table) => found[tables.indexOf(table)]?.owner ?? ''))];
  const grants = [
    ...(server.mayCreate ? [] : [`grant create on database ${quoted(server.database)} to ${quoted(server.role)};`]),
    ...owners.map((owner) => `grant ${quoted(owner)} to ${quoted(server.role)};`),
  ];
  return [
    finding({
      rule: 'source-publication-right',
      address: refused.length === 1 ? (refused[0]?.address ?? null) : null,
      message:
        `role '${server.role}' may not publish ${refused.map(label).join(', ')}: PostgreSQL asks for the right to create in database ` +
        `'${server.database}' and for ownership of the table (${owners.map((owner) => `'${owner}'`).join(', ')}).`,
      help: `As an administrator:  ${grants.join('  ')}  Or make the publications yourself, and we go on with them:  ${exactly}`,
    }),
  ];
}
