import type { SourceTable } from '../../../engine/capture.ts';
import type { Connection } from '../../../engine/connection.ts';
import type { Finding } from '../../../findings/finding.ts';
import { finding } from '../../../findings/make.ts';
import { sql, value } from '../../../sql/sql.ts';
import { quoted } from './server.ts';

/** Smaller tables are read whole in no time. */
const manyBytes = 8 << 20;

/** Large tables in which no index begins with the column that they are read by: each read would scan all of it. */
export async function watermarkFindings(
  connection: Connection,
  tables: readonly SourceTable[],
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const { address, schema, table, watermark } of tables) {
    if (watermark === undefined) continue;
    const [row] = await connection.query(sql`
      select t.data_length as bytes, (
        select count(*) from information_schema.statistics as s
        where s.table_schema = t.table_schema and s.table_name = t.table_name and s.seq_in_index = 1
          and s.column_name = ${value(watermark)}) as indexes
      from information_schema.tables as t
      where t.table_schema = ${value(schema)} and t.table_name = ${value(table)}`);
    if (Number(row?.bytes ?? 0) <= manyBytes || Number(row?.indexes) > 0) continue;
    found.push(
      finding({
        rule: 'source-watermark-index',
        severity: 'warning',
        address,
        message: `no index of table '${schema}.${table}' begins with '${watermark}', by which it is read, so each read scans the whole table.`,
        help: `As its owner:  create index ${quoted(`${table}_${watermark}`)} on ${quoted(schema)}.${quoted(table)} (${quoted(watermark)});`,
      }),
    );
  }
  return found;
}
