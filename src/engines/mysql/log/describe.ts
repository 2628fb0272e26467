import { must } from '../../../base/must.ts';
import type { SourceTable } from '../../../engine/capture.ts';
import type { Connection } from '../../../engine/connection.ts';
import type { Access } from '../../../engine/engine.ts';
import { sql, value } from '../../../sql/sql.ts';
import { columnsOf } from '../catalogue.ts';
import { membersOf } from '../neutral.ts';
import { eventType } from './event.ts';
import { logEnd, logFiles } from './files.ts';
import type { CatalogueColumn } from './layout.ts';
import { Missed, unnamedColumns } from './loss.ts';
import { fileNumber, type Place } from './position.ts';
import { readQuery } from './query.ts';
import { scanLog } from './scan.ts';

/**
 * The columns of a table as of a place of a log that has no names of columns: those of the catalogue now, where nothing in
 * the log from the place on has altered the table. Errors: Missed where something has.
 */
export async function describeAt(
  source: Connection,
  access: Access,
  reader: string,
  table: SourceTable,
  at: Pick<Place, 'file' | 'offset'>,
): Promise<readonly CatalogueColumn[]> {
  const rows = await source.query(
    columnsOf(sql`table_schema = ${value(table.schema)} and table_name = ${value(table.table)}`),
  );
  const end = await logEnd(source, access.label);
  const file = must(
    (await logFiles(source)).find(({ number }) => number === at.file),
    'file that is read',
  ).name;
  const to = { file: fileNumber(end.file), offset: end.offset };
  await scanLog({ access, reader, from: { file, offset: at.offset }, to }, (event) => {
    if (event.type !== eventType.query && event.type !== eventType.mariadbQueryCompressed) return false;
    const statement = readQuery(event);
    const isAbout =
      (statement.kind === 'alter' || statement.kind === 'replace') &&
      statement.tables.some(
        (one) =>
          one.table.toLowerCase() === table.table.toLowerCase() &&
          one.schema.toLowerCase() === table.schema.toLowerCase(),
      );
    if (isAbout) throw new Missed(unnamedColumns(table));
    return false;
  });
  return rows.map((row) => {
    const physical = String(row.physical);
    return {
      name: String(row.name),
      type: String(row.type),
      isUnsigned: /\bunsigned\b/.test(physical),
      charset: typeof row.charset === 'string' ? row.charset : null,
      members: row.type === 'enum' || row.type === 'set' ? membersOf(physical) : [],
    };
  });
}
