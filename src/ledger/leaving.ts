import { canonicalJson } from '../base/digest.ts';
import type { Connection } from '../engine/connection.ts';
import type { Container } from '../model/model.ts';
import type { CaptureNode } from '../plan/plan.ts';
import { list, sql, value } from '../sql/sql.ts';

/** A capture that no plan has any more, and the database in which it may have left something. */
export type Leaving = { readonly node: CaptureNode; readonly container: Container };

export async function readLeaving(c: Connection, environment: string): Promise<readonly Leaving[]> {
  const rows = await c.query(sql`select capture from freehold_ledger.leaving
    where environment = ${value(environment)} order by number`);
  // Written by us, as JSON of exactly this shape.
  return rows.map((row): Leaving => JSON.parse(String(row.capture)));
}

/** These, and no others any more. One transaction. */
export function noteLeaving(c: Connection, environment: string, all: readonly Leaving[]): Promise<void> {
  return c.transaction(async () => {
    await c.execute(sql`delete from freehold_ledger.leaving where environment = ${value(environment)}`);
    const rows = all.map((one, i) => sql`(${value(environment)}, ${value(i)}, ${value(canonicalJson(one))})`);
    if (rows.length > 0)
      await c.execute(sql`insert into freehold_ledger.leaving (environment, number, capture) values ${list(rows)}`);
  });
}
