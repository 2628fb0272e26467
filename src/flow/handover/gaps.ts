import type { Connection } from '../../engine/connection.ts';
import { sql, value } from '../../sql/sql.ts';
import type { Checkpoint } from '../checkpoint.ts';

/**
 * What was lost of a former stream was lost of each dataset that it had then; ordinals of another stream's datasets may be
 * the same numbers. So a gap of a whole stream becomes one of each of its datasets, as the new stream's.
 */
export async function moveGaps(
  store: Connection,
  stream: string,
  parts: readonly { readonly address: string; readonly former: Pick<Checkpoint, 'stream'> }[],
): Promise<void> {
  for (const { address, former } of parts) {
    const own = sql`stream = ${value(former.stream)}`;
    await store.execute(sql`insert into freehold.fh_gap (stream, address, from_ordinal, to_ordinal, cause, is_accepted, "at")
      select ${value(stream)}, ${value(address)}, from_ordinal, to_ordinal, cause, is_accepted, "at"
      from freehold.fh_gap where ${own} and address is null`);
    await store.execute(
      sql`update freehold.fh_gap set stream = ${value(stream)} where ${own} and address = ${value(address)}`,
    );
  }
  if (parts.some(({ former }) => former.stream === stream))
    await store.execute(sql`delete from freehold.fh_gap where stream = ${value(stream)} and address is null`);
}
