import { expect, test } from 'vitest';
import { must } from '../../../base/must.ts';
import { sql, words } from '../../../sql/sql.ts';
import { connect } from '../connection.ts';
import { readRetention, retentionFinding } from './retention.ts';
import { int, open, openLog, source, table } from './testing/source.ts';

const gb = 2 ** 30;
const said = (of: Parameters<typeof retentionFinding>[2]) => retentionFinding('slot', 'shop', of);

test('much log is worth a word where nothing bounds it, and little room where something does', () => {
  const plain = { kept: 9 * gb, unread: 9 * gb, safe: null, limit: null, oldest: null };
  expect(said(plain)).toBe(null);
  expect(said({ ...plain, kept: 12 * gb, unread: 12 * gb })).toMatchObject({
    severity: 'warning',
    message:
      "shop keeps 12.0 GB of its log for replication slot 'slot', and nothing bounds that: its disk may fill up.",
    help: expect.stringMatching(/do not keep up.* alter system set max_slot_wal_keep_size/),
  });
  expect(said({ ...plain, limit: 20 * gb, safe: 11 * gb })).toBe(null);
  expect(said({ ...plain, limit: 12 * gb, safe: gb / 2 })?.message).toContain('gives the slot up after 512 MB more');
});

test('where a transaction of somebody else holds it, that one is named', () => {
  const held = { kept: 12 * gb, unread: gb, safe: null, limit: null, oldest: { pid: 4711, minutes: 90 } };
  expect(said(held)?.help).toContain('open at the source for 90 minutes (process 4711)');
});

test('a real server says how much it keeps, how much of it is unread, and who holds it', async () => {
  const from = await source(sql`create table a (id int primary key)`);
  open.push(await openLog(from, [table('a', { id: int })]));
  await using other = await connect(from.access, 'test holder');
  await other.execute(words('begin; insert into public.a values (0)'));
  await from.session.execute(words('insert into a select generate_series(1, 50000)'));
  const kept = must(await readRetention(from.session, from.name), 'retention');
  expect(kept).toMatchObject({ safe: null, limit: null, oldest: { minutes: 0 } });
  expect(kept.unread).toBeGreaterThan(1_000_000);
  expect(kept.kept).toBeGreaterThanOrEqual(kept.unread);
});
