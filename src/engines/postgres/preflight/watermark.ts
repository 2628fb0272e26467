import type { SourceTable } from '../../../engine/capture.ts';
import type { Connection } from '../../../engine/connection.ts';
import type { Finding } from '../../../findings/finding.ts';
import { finding } from '../../../findings/make.ts';
import { sql, value } from '../../../sql/sql.ts';
import { quoted } from './server.ts';

/** Smaller tables are read whole in no time: 8 MB in pages of the usual size. */
const manyPages = 1000;

/** Large tables in which no index begins with the column that they are read by: each read would scan all of it. */
export async function watermarkFindings(
  connection: Connection,
  tables: readonly SourceTable[],
): Promise<readonly Finding[]> {
  const read = tables.flatMap((table) => (table.watermark === undefined ? [] : [{ ...table, by: table.watermark }]));
  if (read.length === 0) return [];
  const rows = await connection.query(sql`
    select wanted.n::integer as n
    from unnest(${value(read.map((table) => table.schema))}::text[], ${value(read.map((table) => table.table))}::text[],
      ${value(read.map((table) => table.by))}::text[]) with ordinality as wanted(schema, name, by, n)
    join pg_namespace as s on s.nspname = wanted.schema
    join pg_class as c on c.relnamespace = s.oid and c.relname = wanted.name and c.relkind in ('r', 'p', 'm')
    join pg_attribute as a on a.attrelid = c.oid and a.attname = wanted.by and not a.attisdropped
    where (select sum(p.relpages) from pg_class as p where p.oid = c.oid
        or c.relkind = 'p' and p.oid in (select t.relid from pg_partition_tree(c.oid) as t)) > ${value(manyPages)}
      and not exists (select from pg_index as i where i.indrelid = c.oid and i.indisvalid and i.indkey[0] = a.attnum
        and i.indpred is null)`);
  return rows.flatMap((row) => {
    const table = read[Number(row.n) - 1];
    if (table === undefined) return [];
    const spelled = `${quoted(table.schema)}.${quoted(table.table)}`;
    return [
      finding({
        rule: 'source-watermark-index',
        severity: 'warning',
        address: table.address,
        message: `no index of table '${table.schema}.${table.table}' begins with '${table.by}', by which it is read, so each read scans the whole table.`,
        help: `As its owner:  create index concurrently on ${spelled} (${quoted(table.by)});`,
      }),
    ];
  });
}
