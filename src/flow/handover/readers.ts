import type { Connection } from '../../engine/connection.ts';
import { sql, value } from '../../sql/sql.ts';
import { bigintOrNull } from '../bookkeeping.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { noteReader } from '../purge/readers.ts';

/**
 * How far the readers of former streams had come, noted of those that read the new one: what the slowest of them still
 * lacks is kept. A reader's id ends with its stream.
 */
export async function moveReaders(
  store: Connection,
  stream: string,
  formers: readonly Pick<Checkpoint, 'stream'>[],
): Promise<void> {
  const slowest = new Map<string, bigint>();
  for (const former of formers) {
    const rows = await store.query(
      sql`select reader, ordinal from freehold.fh_reader where stream = ${value(former.stream)}`,
    );
    for (const { reader, ordinal } of rows) {
      const id = String(reader).slice(0, -former.stream.length) + stream;
      const [at, known] = [bigintOrNull(ordinal) ?? 0n, slowest.get(id)];
      slowest.set(id, known === undefined || at < known ? at : known);
    }
  }
  for (const [reader, ordinal] of slowest) await noteReader(store, stream, reader, ordinal);
}
