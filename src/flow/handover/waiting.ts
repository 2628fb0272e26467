import type { Connection } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';
import { list, sql, value } from '../../sql/sql.ts';

/** Of these streams those whose changes wait in an inbox, or are to wait: as findings, with what to do. */
export async function waitingIn(store: Connection, streams: readonly string[]): Promise<readonly Finding[]> {
  if (streams.length === 0) return [];
  const mine = sql`stream in (${list(streams.map((stream) => value(stream)))})`;
  const rows = await store.query(sql`select stream, min(why) as why from (
      select stream, reason as why from freehold.fh_inbox where ${mine}
      union all select stream, 'paused by ' || paused_by from freehold.fh_pause where ${mine}) w
    group by stream order by stream`);
  return rows.map(({ stream, why }) =>
    finding({
      rule: 'handover-waits',
      address: String(stream),
      message: `stream '${String(stream)}' cannot hand its datasets over, nor be read otherwise, while its changes wait in its inbox (${String(why)}): they are merged into it alone. Nothing was handed over in its store.`,
      help: `Have it go on with the plan that runs,  freehold resume ${String(stream)} --yes,  until  freehold status  shows no inbox; then apply again.`,
    }),
  );
}
