import type { Capture } from '../../../engine/capture.ts';
import { serverFindings } from './server.ts';
import { readServer, readTables } from './source.ts';
import { tableFindings } from './table.ts';
import { watermarkFindings } from './watermark.ts';

/** Asks; changes nothing. */
export const preflight: Capture['preflight'] = async (connection, mode, tables) => {
  const server = await readServer(connection);
  const found = await readTables(connection, tables);
  return [
    ...serverFindings(server, mode),
    ...tables.flatMap((table, at) => tableFindings(server, mode, table, found[at] ?? null)),
    ...(await watermarkFindings(connection, tables)),
  ];
};
