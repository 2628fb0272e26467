import { digestText } from '../../base/digest.ts';
import type { Connection } from '../../engine/connection.ts';
import type { Table } from '../../plan/plan.ts';
import { sql, value } from '../../sql/sql.ts';

/** How far a dataset is on its way from one layout to another, for whoever waits for it. */
export type Switching = {
  readonly address: string;
  readonly to: Exclude<Table['layout'], 'live'>;
  /** moving: rows are on their way. building: all are there; keys, statistics and views are made. */
  readonly phase: 'moving' | 'building';
  /** That were moved. */
  readonly rows: number;
  /** Of the table that they come from: as much as was gone through, and all there is. */
  readonly bytes: number;
  readonly ofBytes: number;
};

/**
 * Others see nothing of a transaction before its end, but under which name its session goes: so how far it is, is said there, and
 * whatever ends the session, nothing of it is left. In the caller's transaction, for as long as that lasts.
 */
export async function saySwitching(c: Connection, of: Switching): Promise<void> {
  const { address, to, phase, rows, bytes, ofBytes } = of;
  const numbers = [rows, bytes, ofBytes].map((one) => one.toString(36));
  const said = [prefix, wordOf(address), to, phase, ...numbers].join(' ');
  await c.query(sql`select set_config('application_name', ${value(said)}, true)`);
}

/** Datasets of these that change their layout now, in any session. */
export async function switchingIn(c: Connection, addresses: readonly string[]): Promise<readonly Switching[]> {
  if (!c.dialect.updatableViews) return [];
  const rows = await c.query(sql`select application_name as said from pg_catalog.pg_stat_activity
    where datname = current_database() and starts_with(application_name, ${value(`${prefix} `)}) order by pid`);
  const byWord = new Map(addresses.map((address) => [wordOf(address), address]));
  return rows.flatMap((row): Switching[] => {
    const [word = '', to, phase, ...numbers] = String(row.said)
      .slice(prefix.length + 1)
      .split(' ');
    const address = byWord.get(word);
    const [rows = 0, bytes = 0, ofBytes = 0] = numbers.map((one) => Number.parseInt(one, 36));
    if (address === undefined) return [];
    const of = { to: to === 'history' ? to : 'split', phase: phase === 'building' ? phase : 'moving' } as const;
    return [{ address, ...of, rows, bytes, ofBytes }];
  });
}

/** With the rest, no more than 63 bytes, which is what the server keeps of a session's name. */
const prefix = 'fh layout';

function wordOf(address: string): string {
  return digestText(address).slice(0, 8);
}
