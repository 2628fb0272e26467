import type { Connection } from '../../engine/connection.ts';
import type { CaptureMode } from '../../engine/facts.ts';
import { list, sql, value } from '../../sql/sql.ts';
import { retired } from '../checkpoint.ts';
import { migrated, noteGapWithin, switched } from '../gaps.ts';

/** How a stream is read, and from where. */
export type Reads = {
  readonly mode: CaptureMode;
  /** The source as the plan names it: `postgres db.example:5432/shop`. */
  readonly place: string;
  /** Which database answers there, in its own words; null: it does not say. */
  readonly source: string | null;
};

/** What the store knows of it. */
export type Noted = { readonly reads: string; readonly source: string | null };

/** switched: the same database is read in another way. migrated: another database is read. */
export type Rebound = 'no' | 'switched' | 'migrated';

/** `cdc from postgres db.example:5432/shop`. */
export function readsText({ mode, place }: Pick<Reads, 'mode' | 'place'>): string {
  return `${mode} from ${place}`;
}

/** Null: nobody noted it. */
export async function notedReads(store: Connection, stream: string): Promise<Noted | 'retired' | null> {
  const [row] = await store.query(
    sql`select reads, source from freehold.fh_checkpoint where stream = ${value(stream)}`,
  );
  if (typeof row?.reads !== 'string') return null;
  if (row.reads === retired) return 'retired';
  return { reads: row.reads, source: typeof row.source === 'string' ? row.source : null };
}

export function reboundOf(before: Noted, planned: Reads): Rebound {
  if (before.reads === readsText(planned)) return 'no';
  const isThere = before.reads.endsWith(` from ${planned.place}`);
  // The same database may be reached by another name.
  if (!isThere && (planned.source === null || planned.source !== before.source)) return 'migrated';
  return before.reads.startsWith(`${planned.mode} from `) ? 'no' : 'switched';
}

export function strongest(all: readonly Rebound[]): Rebound {
  return all.find((one) => one === 'migrated') ?? all.find((one) => one === 'switched') ?? 'no';
}

/** Which database it was stays noted while it is read from the same place: that another one answers there is a loss. */
export async function noteReads(store: Connection, planned: Reads & { readonly stream: string }): Promise<void> {
  const reads = readsText(planned);
  await store.execute(sql`update freehold.fh_checkpoint
    set source = case when reads = ${value(reads)} then coalesce(source, ${value(planned.source)}) else ${value(planned.source)} end,
      reads = ${value(reads)}
    where stream = ${value(planned.stream)}
      and (reads is distinct from ${value(reads)} or source is null and cast(${value(planned.source)} as text) is not null)`);
}

/**
 * Rows stay as they are, and where they are from in a log means nothing any more: they are compared with the source's once. A
 * log's stream notes that, to be found after any cut; reads at intervals compare by themselves.
 */
export async function rebind(
  store: Connection,
  {
    stream,
    addresses,
    mode,
  }: { readonly stream: string; readonly addresses: readonly string[]; readonly mode: CaptureMode },
  rebound: Exclude<Rebound, 'no'>,
): Promise<void> {
  const mine = sql`address in (${list(addresses.map((address) => value(address)))})`;
  await store.execute(
    sql`update freehold.fh_checkpoint set position = null, identity = null where stream = ${value(stream)}`,
  );
  await store.execute(sql`update freehold.fh_dataset set loaded_position = null, source_mark = null where ${mine}`);
  await store.execute(sql`delete from freehold.fh_watermark where ${mine}`);
  await store.execute(sql`delete from freehold.fh_position where stream = ${value(stream)}`);
  const [loaded] = await store.query(
    sql`select address from freehold.fh_dataset where stream = ${value(stream)} limit 1`,
  );
  if (mode !== 'cdc') {
    // Whatever was still to be read anew is in the next read's difference.
    await store.execute(sql`update freehold.fh_gap set to_ordinal = 1 + (
        select k.ordinal from freehold.fh_checkpoint k where k.stream = freehold.fh_gap.stream)
      where stream = ${value(stream)} and to_ordinal is null`);
    return;
  }
  if (loaded === undefined) return;
  const cause = rebound === 'migrated' ? migrated : switched;
  // What was to be mended before is mended with it.
  await store.execute(
    sql`delete from freehold.fh_gap where stream = ${value(stream)} and address is null and to_ordinal is null`,
  );
  await noteGapWithin(store, stream, { address: null, cause, isAccepted: false });
}
