import { must } from '../../base/must.ts';
import type { Connection } from '../../engine/connection.ts';
import { list, literal, name, type Sql, sql, value, words } from '../../sql/sql.ts';
import { integer } from '../bookkeeping.ts';
import { heldKeysTable } from '../capture/held/records.ts';
import { sharedTransport } from '../copy.ts';
import { secretOf } from '../erase/tombstones.ts';
import { makeQuarantine } from '../quality/quarantine.ts';
import { typesOf } from '../reshape/columns-there.ts';
import { isTable, type KeptTable } from '../tables.ts';

/** What is noted of a stream, and of each of its datasets, and goes along as it is. */
export const notesMoved = {
  stream: ['fh_branch', 'fh_reader', 'fh_pause', 'fh_gap', 'fh_inbox', 'fh_inbox_batch', 'fh_inbox_part'],
  address: [
    ...['fh_dataset', 'fh_former', 'fh_tombstone', 'fh_erasure', 'fh_retention', 'fh_watermark', 'fh_held'],
    ...['fh_quality', 'fh_quarantine', 'fh_unread', 'fh_retired'],
  ],
} as const;

/** What else there is, and why it is not copied as it is. */
export const notesLeft: Readonly<Record<string, string>> = {
  fh_checkpoint: 'written last',
  fh_clock: 'copied as rows are, by ordinals',
  fh_delta_range: 'what readers still lack is copied into tables of its own',
  fh_followed: "a replica's",
  fh_load: 'loads under way begin anew',
  fh_load_part: 'loads under way begin anew',
  fh_move: 'of the move itself',
  fh_move_part: 'of the move itself',
  fh_owner: 'whoever takes the stream over writes it',
  fh_place: 'written when the tables are made',
  fh_position: 'the new store has nothing that was merged before',
};

/**
 * Copies what is noted of a stream and of its datasets in the place of what there is, with what waits: inbox, quarantine, keys
 * that are held. In the caller's transactions, of which the old store's keeps all that as it is.
 */
export async function copyNotes(
  old: Connection,
  now: Connection,
  stream: string,
  tables: readonly KeptTable[],
): Promise<void> {
  const addresses = tables.map(({ address }) => literal(address));
  for (const noted of notesMoved.stream) await replaceRows(old, now, noted, sql`stream = ${literal(stream)}`);
  for (const noted of notesMoved.address) await replaceRows(old, now, noted, sql`address in (${list(addresses)})`);
  for (const table of tables) {
    await copyQuarantine(old, now, table);
    await copyHeldKeys(old, now, table.address);
  }
  const secret = await secretOf(old);
  if (secret !== null)
    await now.execute(sql`insert into freehold.fh_secret ("of", secret) values ('tombstones', ${value(secret)})
      on conflict do nothing`);
}

/** Do tombstones of these datasets say nothing in the new store, since it makes its digests by a secret of its own? */
export async function hasOtherSecret(old: Connection, now: Connection, addresses: readonly string[]): Promise<boolean> {
  const [known] = await old.query(sql`select address from freehold.fh_tombstone
    where address in (${list(addresses.map((address) => value(address)))}) limit 1`);
  if (known === undefined) return false;
  const own = await secretOf(now);
  return own !== null && own !== (await secretOf(old));
}

/**
 * Where the old store is, is where the new one begins: in the transaction that makes it whole. The epoch is above all that either
 * has seen, so whoever wrote here in an earlier life is fenced.
 */
export async function writeCheckpoint(old: Connection, now: Connection, stream: string): Promise<void> {
  const [row] =
    await old.query(sql`select epoch, ordinal, position, identity, coalesce(erased, 0) as erased, reads, source
    from freehold.fh_checkpoint where stream = ${value(stream)}`);
  const at = must(row, `checkpoint of '${stream}'`);
  const whole = (column: string) => integer(BigInt(String(at[column])));
  await now.execute(sql`insert into freehold.fh_checkpoint
      (stream, epoch, ordinal, position, identity, erased, reads, source, moved_to)
    values (${value(stream)}, ${whole('epoch')} + 1, ${whole('ordinal')}, ${value(at.position)}, ${value(at.identity)},
      ${whole('erased')}, ${value(at.reads)}, ${value(at.source)}, null)
    on conflict (stream) do update set epoch = greatest(fh_checkpoint.epoch + 1, excluded.epoch),
      ordinal = excluded.ordinal, position = excluded.position, identity = excluded.identity, erased = excluded.erased,
      reads = excluded.reads, source = excluded.source, moved_to = null`);
}

/** Ticks of streams that counted the datasets before: those that are there already came with another of their datasets. */
export async function copyFormerClocks(
  old: Connection,
  now: Connection,
  stream: string,
  addresses: readonly string[],
): Promise<void> {
  const rows = await old.query(sql`select stream, max(until_ordinal) as until from freehold.fh_former
    where address in (${list(addresses.map((address) => value(address)))}) and stream <> ${value(stream)}
    group by stream order by stream`);
  for (const former of rows)
    await now.transaction(async () => {
      const columns = sql`stream, ordinal, "at"`;
      await now.execute(
        sql`create temporary table fh_moving_clock as select ${columns} from freehold.fh_clock with no data`,
      );
      const ticks = old.copyOut(
        sql`select ${columns} from freehold.fh_clock where stream = ${literal(String(former.stream))}
          and ordinal <= ${literal(BigInt(String(former.until)))}`,
        sharedTransport(old, now),
      );
      await now.copyIn(['pg_temp', 'fh_moving_clock'], ['stream', 'ordinal', 'at'], ticks, sharedTransport(old, now));
      await now.execute(sql`insert into freehold.fh_clock (${columns}) select ${columns} from fh_moving_clock
        on conflict do nothing`);
      await now.execute(sql`drop table fh_moving_clock`);
    });
}

async function replaceRows(old: Connection, now: Connection, noted: string, whose: Sql): Promise<void> {
  const at = name('freehold', noted);
  await now.execute(sql`delete from ${at} where ${whose}`);
  await copyAll(old, now, ['freehold', noted], whose);
}

/** Of the columns that both have. */
async function copyAll(
  old: Connection,
  now: Connection,
  table: readonly [string, string],
  whose: Sql = sql`true`,
): Promise<void> {
  const there = await typesOf(old, ...table);
  const columns = [...(await typesOf(now, ...table)).keys()].filter((column) => there.has(column));
  const rows = old.copyOut(
    sql`select ${list(columns.map((column) => name(column)))} from ${name(...table)} where ${whose}`,
    sharedTransport(old, now),
  );
  await now.copyIn(table, columns, rows, sharedTransport(old, now));
}

async function copyQuarantine(old: Connection, now: Connection, table: KeptTable): Promise<void> {
  const rows = await old.query(sql`select table_schema, table_name from freehold.fh_quarantine
    where address = ${value(table.address)}`);
  for (const row of rows) {
    const at = [String(row.table_schema), String(row.table_name)] as const;
    await makeQuarantine(now, table, at[1]);
    await addColumns(now, at, await typesOf(old, ...at));
    await now.execute(sql`delete from ${name(...at)}`);
    await copyAll(old, now, at);
  }
}

async function copyHeldKeys(old: Connection, now: Connection, address: string): Promise<void> {
  const at = ['freehold', heldKeysTable(address)] as const;
  await now.execute(sql`drop table if exists ${name(...at)}`);
  if (!(await isTable(old, ...at))) return;
  const columns = [...(await typesOf(old, ...at))].map(([column, type]) => sql`${name(column)} ${words(type)}`);
  await now.execute(sql`create table ${name(...at)} (${list(columns)})`);
  await copyAll(old, now, at);
}

/** Gives a table the columns that it lacks. */
export async function addColumns(
  now: Connection,
  table: readonly [string, string],
  wanted: ReadonlyMap<string, string>,
): Promise<void> {
  const here = await typesOf(now, ...table);
  for (const [column, type] of wanted)
    if (!here.has(column))
      await now.execute(sql`alter table ${name(...table)} add column ${name(column)} ${words(type)}`);
}
