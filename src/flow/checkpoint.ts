import { must } from '../base/must.ts';
import type { Position } from '../engine/capture.ts';
import { type Connection, EngineError, type Row } from '../engine/connection.ts';
import { list, name, sql, value, words } from '../sql/sql.ts';
import { again, applySettings, bigintOrNull, integer, timestamp } from './bookkeeping.ts';
import { beginBranch } from './branch.ts';

/**
 * How far a stream has come in one store or replica, in the same database as its rows and moved in their transaction.
 *
 * Terms. *epoch*: which owner wrote last; whoever takes over raises it. *ordinal*: number of the stream's last visible
 * step that is merged here. *fenced*: another has taken the stream over, or has merged in our place.
 */
export type Checkpoint = {
  readonly stream: string;
  readonly epoch: bigint;
  readonly ordinal: bigint;
  readonly position: Position | null;
  readonly identity: string | null;
  /** The ordinal of the last erasure of rows of the stream that was done here; 0: none was. See erase/. */
  readonly erased: bigint;
};

/** We no longer own the stream: nothing of the transaction is kept. Read the checkpoint again or leave it to its owner. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
  readonly stream: string;

  constructor(stream: string) {
    super(`stream '${stream}' has moved on without us: another process owns it, or has already merged this batch.`);
    this.stream = stream;
  }
}

/**
 * Another plan was applied since this process was given its own: the stream's datasets move with another one now, or are
 * read from elsewhere. What this process still tried came to nothing, and it leaves the stream alone.
 */
export class Superseded extends EngineError {
  constructor(stream: string, what: string) {
    super(
      'statement',
      `Stream '${stream}' is left alone: ${what}, says the plan that was applied last, and this process works by an older one. ` +
        'Stop it, and start it again with the model as it is now.',
    );
  }
}

/** Makes the schema `freehold` and its tables where they are not. Idempotent; two processes may do it at once. */
export async function ensureBookkeeping(c: Connection): Promise<void> {
  const bigint = words(c.dialect.bigint);
  const at = timestamp(c);
  const statements = [
    sql`create schema if not exists freehold`,
    sql`create table if not exists freehold.fh_checkpoint (
      stream text primary key, epoch ${bigint} not null, ordinal ${bigint} not null, position text, identity text,
      erased ${bigint} default 0, reads text, source text, moved_to text)`,
    sql`create table if not exists freehold.fh_branch (
      stream text not null, epoch ${bigint} not null, branch text not null, after_ordinal ${bigint} not null,
      primary key (stream, epoch))`,
    sql`create table if not exists freehold.fh_followed (
      stream text not null, epoch ${bigint} not null, branch text not null, after_ordinal ${bigint} not null,
      primary key (stream, epoch))`,
    sql`create table if not exists freehold.fh_former (
      address text not null, stream text not null, until_ordinal ${bigint} not null, until_at ${at} not null,
      primary key (address, until_ordinal))`,
    sql`create table if not exists freehold.fh_clock (
      stream text not null, ordinal ${bigint} not null, "at" ${at} not null, primary key (stream, ordinal))`,
    sql`create table if not exists freehold.fh_dataset (
      address text primary key, stream text not null, complete_from ${bigint} not null, loaded_position text,
      delta_from ${bigint}, has_ended boolean default false, source_mark text, parked_ordinal ${bigint})`,
    sql`create table if not exists freehold.fh_load (
      address text primary key, stream text not null, position text not null, identity text not null, mark text,
      started_ms ${bigint} not null, shape text not null, storage text, is_whole boolean not null)`,
    sql`create table if not exists freehold.fh_load_part (
      address text not null, n integer not null, condition text not null, bytes ${bigint} not null, estimated ${bigint},
      position text, rows ${bigint}, read_ms ${bigint}, primary key (address, n))`,
    sql`create table if not exists freehold.fh_delta_range (
      address text not null, n integer not null, "table" text not null, after_ordinal ${bigint} not null,
      rows ${bigint} not null, primary key (address, n))`,
    sql`create table if not exists freehold.fh_reader (
      stream text not null, reader text not null, ordinal ${bigint} not null, erased ${bigint} default 0,
      primary key (stream, reader))`,
    sql`create table if not exists freehold.fh_secret ("of" text primary key, secret text not null)`,
    sql`create table if not exists freehold.fh_position (
      stream text not null, position text not null, "at" ${at} not null, primary key (stream, position))`,
    sql`create table if not exists freehold.fh_tombstone (
      address text not null, digest text not null, ordinal ${bigint} not null, "at" ${at} not null,
      primary key (address, digest))`,
    sql`create table if not exists freehold.fh_erasure (
      stream text not null, address text not null, ordinal ${bigint} not null, keys ${bigint} not null,
      rows_gone ${bigint} not null, "at" ${at} not null, asked_by text not null, is_finished boolean default false,
      primary key (address, ordinal))`,
    sql`create table if not exists freehold.fh_retention (
      address text not null, retention_ms ${bigint}, until ${at})`,
    sql`create table if not exists freehold.fh_watermark (
      address text primary key, stream text not null, by_column text not null, by_type text not null, mark text,
      swept_at_ms ${bigint})`,
    sql`create table if not exists freehold.fh_held (
      address text primary key, stream text not null, rows_here ${bigint} not null, rows_gone ${bigint} not null,
      held_at ${at} not null, released_by text)`,
    sql`create table if not exists freehold.fh_quality (
      address text not null, check_name text not null, outcome text not null, ran_at ${at}, ordinal ${bigint},
      failed ${bigint} not null, failed_total ${bigint} not null, failed_at ${at}, measured text, samples text,
      accepted_to ${bigint}, accepted_by text, stream text, primary key (address, check_name))`,
    sql`create table if not exists freehold.fh_quarantine (
      address text primary key, table_schema text not null, table_name text not null, is_ordered boolean not null)`,
    sql`create table if not exists freehold.fh_owner (stream text primary key, epoch ${bigint} not null)`,
    sql`create table if not exists freehold.fh_pause (
      stream text primary key, paused_by text not null, "at" ${at} not null)`,
    sql`create table if not exists freehold.fh_inbox (
      stream text primary key, why text not null, reason text not null, since ${at} not null, ordinal ${bigint} not null,
      position text not null, identity text, bytes ${bigint} not null, last_n ${bigint} not null, is_asked boolean not null)`,
    sql`create table if not exists freehold.fh_inbox_batch (
      stream text not null, n ${bigint} not null, steps text not null, position text not null, bytes ${bigint} not null,
      primary key (stream, n))`,
    sql`create table if not exists freehold.fh_inbox_part (
      stream text not null, n ${bigint} not null, piece integer not null, address text not null, shape text not null,
      has_unchanged boolean not null, rows ${c.types.physical({ kind: 'binary' })}, ordinal ${bigint}, seq integer,
      primary key (stream, n, piece))`,
    sql`create table if not exists freehold.fh_gap (
      stream text not null, address text, from_ordinal ${bigint} not null, to_ordinal ${bigint}, cause text not null,
      is_accepted boolean default false, "at" ${at} not null)`,
    sql`create table if not exists freehold.fh_place (
      address text not null, table_schema text not null, table_name text not null, key_columns text not null)`,
    sql`create table if not exists freehold.fh_unread (
      address text not null, column_name text not null, is_filled boolean default true)`,
    sql`create table if not exists freehold.fh_shadow (
      table_schema text not null, table_name text not null, column_name text not null, shadow text not null,
      into_type text not null, done ${bigint} not null, blocks ${bigint} not null)`,
    sql`create table if not exists freehold.fh_move (
      stream text primary key, from_place text not null, shape text not null, is_indexed boolean not null)`,
    sql`create table if not exists freehold.fh_move_part (
      stream text not null, "of" text not null, what text not null, n integer not null, condition text not null,
      bytes ${bigint} not null, estimated ${bigint}, rows ${bigint}, read_ms ${bigint}, as_of ${bigint} not null,
      primary key (stream, "of", what, n))`,
    sql`create table if not exists freehold.fh_retired (
      address text not null, table_schema text not null, table_name text not null, column_name text not null,
      kept_as text not null, "at" ${at} not null)`,
  ];
  for (const statement of statements) await again(() => c.execute(statement));
  await again(() => addColumns(c));
}

/** Columns that tables of earlier stores lack. */
const laterColumns = [
  ['fh_checkpoint', 'reads', 'text'],
  ['fh_checkpoint', 'source', 'text'],
  ['fh_checkpoint', 'moved_to', 'text'],
  ['fh_dataset', 'parked_ordinal', 'bigint'],
  ['fh_checkpoint', 'erased', 'bigint default 0'],
  ['fh_reader', 'erased', 'bigint default 0'],
  ['fh_dataset', 'has_ended', 'boolean default false'],
  ['fh_dataset', 'source_mark', 'text'],
  ['fh_gap', 'address', 'text'],
  ['fh_gap', 'is_accepted', 'boolean default false'],
  ['fh_unread', 'is_filled', 'boolean default true'],
] as const;

/** Only where they are missing: to alter a table, even in vain, is to wait for all who read it, and to have others wait. */
async function addColumns(c: Connection): Promise<void> {
  const rows = await c.query(
    sql`select table_name, column_name from information_schema.columns where table_schema = 'freehold'`,
  );
  const known = new Set(rows.map((row) => `${String(row.table_name)}.${String(row.column_name)}`));
  for (const [table, column, type] of laterColumns)
    if (!known.has(`${table}.${column}`))
      await c.execute(
        sql`alter table ${name('freehold', table)} add column if not exists ${name(column)} ${words(type)}`,
      );
}

/** Null where the stream has never been owned here. */
export async function readCheckpoint(c: Connection, stream: string): Promise<Checkpoint | null> {
  const [row] = await c.query(
    sql`select stream, epoch, ordinal, position, identity, erased from freehold.fh_checkpoint where stream = ${value(stream)}`,
  );
  return row === undefined ? null : checkpointOf(row);
}

/** What a process believes of a stream: which datasets are its own, and how and from where they are read; absent: anything. */
export type Belief = { readonly addresses?: readonly string[]; readonly reads?: string };

/**
 * Makes us the stream's owner. Own transaction. Before: someone else's epoch, or no row. After: the epoch is ours alone,
 * and whatever an earlier owner still tries to commit is fenced. Cut: nothing happened. Twice: a higher epoch, no harm.
 * Errors: Superseded where what we believe of the stream is no longer so.
 * An earlier owner that stands still in the middle of a transaction, stopped or cut off, holds the row: its sessions are ended.
 */
export async function takeOver(c: Connection, stream: string, belief: Belief = {}): Promise<Checkpoint> {
  const { formerSessions } = c.dialect;
  if (formerSessions === null) return takeOverOnce(c, stream, belief, []);
  for (let tries = 1; ; tries++) {
    try {
      return await takeOverOnce(c, stream, belief, formerSessions.settings);
    } catch (failure) {
      if (!(failure instanceof EngineError && failure.kind === 'conflict') || tries === 3) throw failure;
      const rows = [sql`freehold.fh_checkpoint`, sql`freehold.fh_owner`];
      await c.query(formerSessions.end(rows.map((of) => sql`${of} where stream = ${value(stream)}`)));
    }
  }
}

function takeOverOnce(c: Connection, stream: string, belief: Belief, settings: readonly string[]): Promise<Checkpoint> {
  return c.transaction(async () => {
    await applySettings(c, settings);
    await c.execute(
      sql`insert into freehold.fh_checkpoint (stream, epoch, ordinal) values (${value(stream)}, 0, 0) on conflict do nothing`,
    );
    const [row] = await c.query(
      sql`update freehold.fh_checkpoint set epoch = epoch + 1 where stream = ${value(stream)}
        returning stream, epoch, ordinal, position, identity, erased`,
    );
    // A handover changes the checkpoint first, so it is over by now, or waits for us.
    await refuseSuperseded(c, stream, belief);
    const taken = checkpointOf(must(row, 'the checkpoint just written'));
    await c.execute(sql`insert into freehold.fh_owner (stream, epoch) values (${value(stream)}, ${integer(taken.epoch)})
      on conflict (stream) do update set epoch = excluded.epoch`);
    await beginBranch(c, taken);
    return taken;
  });
}

/** Errors: Superseded. */
export async function refuseSuperseded(
  c: Connection,
  stream: string,
  { addresses = [], reads }: Belief,
): Promise<void> {
  const [row] = await c.query(sql`select reads, moved_to from freehold.fh_checkpoint where stream = ${value(stream)}`);
  const noted = textOrNull(row?.reads);
  const movedTo = textOrNull(row?.moved_to);
  if (movedTo !== null) throw new Superseded(stream, `its rows rest in '${movedTo}' now`);
  if (noted === retired) throw new Superseded(stream, 'others have taken its datasets over');
  if (noted !== null && reads !== undefined && noted !== reads) throw new Superseded(stream, `it is read by ${noted}`);
  if (addresses.length === 0) return;
  const [other] = await c.query(sql`select address, stream from freehold.fh_dataset
    where address in (${list(addresses.map((address) => value(address)))}) and stream <> ${value(stream)} limit 1`);
  if (other?.stream === movedAway)
    throw new Superseded(stream, `dataset '${String(other.address)}' has another address`);
  if (other !== undefined)
    throw new Superseded(stream, `dataset '${String(other.address)}' moves with stream '${String(other.stream)}'`);
}

/** Where the stream's rows rest instead: another store has taken it over. Null: here, or nobody knows the stream. */
export async function movedTo(c: Connection, stream: string): Promise<string | null> {
  const [row] = await c.query(sql`select moved_to from freehold.fh_checkpoint where stream = ${value(stream)}`);
  return textOrNull(row?.moved_to);
}

/** Says so: whoever works on these streams here is refused from now on; null: they rest here. In the caller's transaction. */
export async function noteMovedTo(c: Connection, streams: readonly string[], place: string | null): Promise<void> {
  if (streams.length === 0) return;
  await c.execute(sql`update freehold.fh_checkpoint set moved_to = ${value(place)}
    where stream in (${list(streams.map((stream) => value(stream)))}) and moved_to is distinct from ${value(place)}`);
}

/** `fh_dataset.stream` of an address whose rows have another address now. */
export const movedAway = '(moved)';

/** `fh_checkpoint.reads` of a stream that the plan has no longer. */
export const retired = '(nothing)';

/**
 * Compare and set: the first statement of each transaction that changes the stream's rows. It holds the checkpoint's row
 * until the end, so a second writer waits here, then finds another ordinal or epoch and is Fenced.
 */
export async function advance(
  c: Connection,
  held: Checkpoint,
  to: { readonly ordinal: bigint; readonly position: Position | null; readonly identity: string | null },
): Promise<Checkpoint> {
  const [row] = await c.query(
    sql`update freehold.fh_checkpoint
      set ordinal = ${integer(to.ordinal)}, position = ${value(to.position)}, identity = ${value(to.identity)}
      where stream = ${value(held.stream)} and epoch = ${integer(held.epoch)} and ordinal = ${integer(held.ordinal)}
      returning erased`,
  );
  if (row === undefined) throw new Fenced(held.stream);
  return { ...held, ...to, erased: bigintOrNull(row.erased) ?? 0n };
}

/**
 * Notes that the log was read on to a position without anything for these streams, which are where they are held: one
 * transaction for all. `moved`: those that are, and nobody else holds; `busy`: those that somebody holds now, who is not waited for,
 * since all the others would wait as well. Whoever is in neither has moved on with us or without us.
 */
export async function moveOn(
  c: Connection,
  helds: readonly Checkpoint[],
  { position, identity }: { readonly position: Position; readonly identity: string },
): Promise<{ readonly moved: ReadonlySet<string>; readonly busy: ReadonlySet<string> }> {
  const rows = helds.map((held) => sql`(${value(held.stream)}, ${integer(held.epoch)}, ${integer(held.ordinal)})`);
  const there = sql`select k.stream from freehold.fh_checkpoint k where exists (
    select 1 from (values ${list(rows)}) as held (stream, epoch, ordinal)
    where held.stream = k.stream and held.epoch = k.epoch and held.ordinal = k.ordinal)`;
  const moved = streamsOf(
    await c.query(
      sql`with free as (${there} ${words(c.dialect.freeRows)})
      update freehold.fh_checkpoint set position = ${value(position)}, identity = ${value(identity)}
      from free where fh_checkpoint.stream = free.stream returning fh_checkpoint.stream`,
    ),
  );
  if (moved.size === helds.length) return { moved, busy: new Set() };
  const left = [...streamsOf(await c.query(there))].filter((stream) => !moved.has(stream));
  return { moved, busy: new Set(left) };
}

function streamsOf(rows: readonly Row[]): ReadonlySet<string> {
  return new Set(rows.map((row) => String(row.stream)));
}

/**
 * Makes sure, to the transaction's end, that the stream is still ours and where we think: for a transaction that writes rows
 * nobody reads yet. Several of the same owner may do so at once; one that takes the stream over waits for their end.
 */
export async function own(c: Connection, held: Checkpoint): Promise<void> {
  const [row] = await c.query(
    sql`select epoch from freehold.fh_checkpoint where stream = ${value(held.stream)}
      and epoch = ${integer(held.epoch)} and ordinal = ${integer(held.ordinal)} ${words(c.dialect.shareRow)}`,
  );
  if (row === undefined) throw new Fenced(held.stream);
}

/**
 * The same wherever the stream has come to: for a transaction that moves no rows of it. It asks the other row that taking over
 * writes, since a merge keeps the checkpoint's for as long as it takes.
 */
export async function ownEpoch(c: Connection, { stream, epoch }: Pick<Checkpoint, 'stream' | 'epoch'>): Promise<void> {
  const [row] = await c.query(sql`select epoch from freehold.fh_owner
    where stream = ${value(stream)} and epoch = ${integer(epoch)} ${words(c.dialect.shareRow)}`);
  if (row === undefined) throw new Fenced(stream);
}

/**
 * Where the stream is, if it is still ours: an erasure moves it by one ordinal and leaves it to its owner, who was fenced
 * by that, and goes on from there. Null: another owns it.
 */
export async function stillOurs(c: Connection, { stream, epoch }: Checkpoint): Promise<Checkpoint | null> {
  const now = await readCheckpoint(c, stream);
  return now !== null && now.epoch === epoch ? now : null;
}

/** To the end of the transaction: no merge of the stream is under way, and none begins. */
export async function holdStream(c: Connection, stream: string): Promise<void> {
  await c.query(sql`select epoch from freehold.fh_checkpoint where stream = ${value(stream)} for update`);
}

/**
 * Whoever merges for these streams, or appends to an inbox of theirs, is fenced, from the caller's commit on. In one order, so
 * that two who do so do not wait for each other. In the caller's transaction.
 */
export async function fence(c: Connection, streams: Iterable<string>): Promise<void> {
  for (const stream of [...new Set(streams)].sort()) {
    await c.execute(sql`update freehold.fh_checkpoint set epoch = epoch + 1 where stream = ${value(stream)}`);
    await c.execute(sql`delete from freehold.fh_owner where stream = ${value(stream)}`);
  }
}

function checkpointOf(row: Row): Checkpoint {
  return {
    stream: String(row.stream),
    epoch: BigInt(String(row.epoch)),
    ordinal: BigInt(String(row.ordinal)),
    position: textOrNull(row.position),
    identity: textOrNull(row.identity),
    erased: bigintOrNull(row.erased) ?? 0n,
  };
}

function textOrNull(of: unknown): string | null {
  return typeof of === 'string' ? of : null;
}
