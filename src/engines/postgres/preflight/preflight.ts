import type { Capture } from '../../../engine/capture.ts';
import { isPooled } from '../connection.ts';
import { publicationChanges, statementText } from '../log/publication.ts';
import { publicationFindings } from './publication.ts';
import { serverFindings } from './server.ts';
import { readServer, readTables } from './source.ts';
import { tableFindings } from './table.ts';
import { watermarkFindings } from './watermark.ts';

/** Asks in one read-only transaction; changes nothing. */
export const preflight: Capture['preflight'] = (connection, mode, tables, capture) =>
  connection.transaction(
    async () => {
      const server = await readServer(connection);
      const found = await readTables(connection, tables);
      const changes =
        mode === 'cdc' && capture !== undefined
          ? await publicationChanges(connection, capture, tables, () => false)
          : null;
      return [
        ...serverFindings(server, mode, isPooled(connection)),
        ...(await watermarkFindings(connection, tables)),
        ...tables.flatMap((table, at) => tableFindings(server, mode, table, found[at] ?? null)),
        ...(mode === 'cdc' ? publicationFindings(server, tables, found, changes?.map(statementText) ?? null) : []),
      ];
    },
    { isolation: 'repeatable read', readOnly: true },
  );
