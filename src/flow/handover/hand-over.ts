import { must } from '../../base/must.ts';
import type { Position } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import { list, sql, value, words } from '../../sql/sql.ts';
import { bigintOrNull, instant, integer } from '../bookkeeping.ts';
import { dropInbox } from '../capture/inbox/inbox.ts';
import { forgetLoading } from '../capture/load-record.ts';
import { type Checkpoint, fence, readCheckpoint, retired } from '../checkpoint.ts';
import { moveGaps } from './gaps.ts';
import { forgetMoved, ownersOf } from './owners.ts';
import { moveReaders } from './readers.ts';
import { type Noted, notedReads, noteReads, type Reads, type Rebound, rebind, reboundOf, strongest } from './reads.ts';
import { waitingIn } from './waiting.ts';

/** A stream as the plan has it in one store. */
export type Planned = Reads & { readonly stream: string; readonly addresses: readonly string[] };

/** What was done: a stream took datasets over from others, as of one of its ordinals, or is read otherwise from now on. */
export type HandedOver = {
  readonly stream: string;
  /** Itself among them, where it goes on with more. Empty: it has what it had. */
  readonly formers: readonly string[];
  readonly ordinal: bigint;
  readonly rebound: Rebound;
};

/** Why nothing was handed over in a store. */
export class NotYet extends Error {
  override readonly name = 'NotYet';
  readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[]) {
    super(findings.map(({ message }) => message).join('\n'));
    this.findings = findings;
  }
}

/**
 * Brings the streams of a store to what the plan says they are: datasets whose rows rest here under another stream go to
 * the one that has them now, with tables, versions and delta as they are. `gone`: streams that an earlier plan had here.
 *
 * A stream that takes datasets over goes on at a *handover ordinal* above the largest in any of their tables, and from the
 * least of their positions in the source's log; of a dataset that lies ahead of it, what the log brings up to where it is is
 * passed over. Nothing is read anew, and no version is made. What is read otherwise than before, or from another database, has
 * no position any more: its rows are compared with the source's once, and what differs becomes one ordinal.
 *
 * One transaction. Before: all streams are as the plan before had them. After: as this one has them; whoever still works by
 * the one before is fenced, and refused when it comes back. Cut: as before. Twice: nothing is left to do. Errors: NotYet, where
 * changes of a stream wait in an inbox: they are bytes of that stream, and their ordinals are given.
 */
export function handOver(
  store: Connection,
  planned: readonly Planned[],
  gone: readonly string[],
): Promise<readonly HandedOver[]> {
  return store.transaction(async () => {
    const others = gone.filter((stream) => planned.every((one) => one.stream !== stream));
    const addresses = planned.flatMap((one) => one.addresses);
    await forgetMoved(store, addresses);
    const owned = await ownersOf(store, addresses);
    const taking = planned.filter(({ stream, addresses }) => addresses.some((one) => isOthers(owned.get(one), stream)));
    const rebound: string[] = [];
    for (const one of planned) if (await isReadOtherwise(store, one)) rebound.push(one.stream);
    const touched = new Set([
      ...others,
      ...rebound,
      ...taking.flatMap(({ stream, addresses }) => [stream, ...addresses.flatMap((one) => owned.get(one) ?? [])]),
    ]);
    // Their owners' next commit finds another epoch: nothing begins to wait in an inbox once we have looked.
    await fence(store, touched);
    const before = new Map<string, Checkpoint>();
    for (const stream of touched) {
      const known = await readCheckpoint(store, stream);
      if (known !== null) before.set(stream, known);
    }
    // Before any is changed: how one is read from now on says nothing of the rows that another takes over from it.
    const reads: ReadsBefore = new Map();
    for (const stream of new Set([...touched, ...planned.map((one) => one.stream)]))
      reads.set(stream, await notedReads(store, stream));
    const former = taking.flatMap(({ addresses }) => addresses.flatMap((one) => owned.get(one) ?? []));
    const waiting = await waitingIn(store, [...new Set([...former, ...rebound])].sort());
    if (waiting.length > 0) throw new NotYet(waiting);
    for (const one of planned) await forgetLoads(store, one, taking.includes(one));
    const done: HandedOver[] = [];
    for (const one of planned) {
      if (taking.includes(one)) continue;
      const found = await settle(store, one, reads);
      if (found !== null) done.push(found);
    }
    for (const one of taking) {
      const formers = one.addresses.flatMap((address): Part[] => {
        const former = owned.get(address);
        return former === undefined ? [] : [{ address, former: must(before.get(former), `checkpoint of '${former}'`) }];
      });
      done.push(await take(store, one, formers, before.get(one.stream) ?? null, reads));
    }
    for (const stream of others) await retire(store, stream);
    return done;
  });
}

function isOthers(owner: string | undefined, stream: string): boolean {
  return owner !== undefined && owner !== stream;
}

/** How streams were read, by address; null: nothing says it. */
type ReadsBefore = Map<string, Noted | 'retired' | null>;

/** A dataset, and the checkpoint of the stream that it comes from, which may be the same one. */
type Part = { readonly address: string; readonly former: Checkpoint };

async function take(
  store: Connection,
  planned: Planned,
  parts: readonly Part[],
  own: Checkpoint | null,
  reads: ReadsBefore,
): Promise<HandedOver> {
  const { stream } = planned;
  const addresses = parts.map(({ address }) => address);
  const formers = [...new Map(parts.map(({ former }) => [former.stream, former])).values()];
  const lasts = new Map<string, Tick>();
  for (const former of formers) lasts.set(former.stream, await lastTick(store, former.stream));
  const earlier = await lastOrdinal(store, stream);
  const ordinal = 1n + largest([earlier, own?.ordinal ?? 0n, ...formers.map((former) => former.ordinal)]);
  const behind = leastOf(formers);
  const mine = sql`address in (${list(addresses.map((address) => value(address)))})`;
  for (const { address, former } of parts) {
    // Rows that lay ahead when their stream was joined may still be ahead of its clock.
    await store.execute(sql`insert into freehold.fh_former (address, stream, until_ordinal, until_at)
      select ${value(address)}, ${value(former.stream)}, ${integer(former.ordinal)}, greatest(k."at", (
        select max(f.until_at) from freehold.fh_former f where f.address = ${value(address)}))
      from freehold.fh_clock k
      where k.stream = ${value(former.stream)} and k.ordinal = ${integer(must(lasts.get(former.stream), 'tick').ordinal)}`);
    await passOver(store, address, former, behind);
  }
  for (const table of ['fh_dataset', 'fh_held', 'fh_watermark', 'fh_erasure', 'fh_quality'] as const)
    await store.execute(sql`update ${words(`freehold.${table}`)} set stream = ${value(stream)} where ${mine}`);
  await moveGaps(store, stream, parts);
  await moveReaders(store, stream, formers);
  await store.execute(
    sql`insert into freehold.fh_checkpoint (stream, epoch, ordinal) values (${value(stream)}, 0, 0) on conflict do nothing`,
  );
  // Replicas look at all tombstones of these datasets once more: their ordinals are those of several streams.
  const hasErased = formers.some(({ erased }) => erased > 0n);
  const rebound = strongest(formers.map((former) => reboundFrom(reads.get(former.stream), planned)));
  await store.execute(sql`update freehold.fh_checkpoint
    set epoch = epoch + 1, ordinal = ${integer(ordinal)}, position = ${value(behind.position)},
      identity = ${value(behind.identity)}, erased = ${integer(hasErased ? ordinal : 0n)}
    where stream = ${value(stream)}`);
  await noteReads(store, planned);
  if (rebound !== 'no') await rebind(store, planned, rebound);
  const atMs = Math.min(...[...lasts.values()].map((last) => last.atMs));
  await store.execute(sql`insert into freehold.fh_clock (stream, ordinal, "at")
    values (${value(stream)}, ${integer(ordinal)}, ${instant(store, atMs)})`);
  return { stream, formers: formers.map((former) => former.stream), ordinal, rebound };
}

async function isReadOtherwise(store: Connection, planned: Planned): Promise<boolean> {
  return reboundFrom(await notedReads(store, planned.stream), planned) !== 'no';
}

/** Where nothing says how it was read, or it was given up, nothing is read otherwise. */
function reboundFrom(before: Noted | 'retired' | null | undefined, planned: Planned): Rebound {
  return before == null || before === 'retired' ? 'no' : reboundOf(before, planned);
}

/** A load that another stream began is begun anew; so is one of a stream that takes others' datasets over meanwhile. */
async function forgetLoads(store: Connection, { stream, addresses }: Planned, isTaking: boolean): Promise<void> {
  if (addresses.length === 0) return;
  const rows = await store.query(sql`select address, stream from freehold.fh_load
    where address in (${list(addresses.map((address) => value(address)))})`);
  const gone = rows.filter((row) => isTaking || row.stream !== stream).map(({ address }) => String(address));
  await forgetLoading(store, gone);
}

/** A stream that keeps what it has; null: nothing of it changes. */
async function settle(store: Connection, planned: Planned, reads: ReadsBefore): Promise<HandedOver | null> {
  const { stream } = planned;
  const known = await readCheckpoint(store, stream);
  const before = known === null ? null : reads.get(stream);
  if (known === null) {
    await store.execute(sql`insert into freehold.fh_checkpoint (stream, epoch, ordinal)
      values (${value(stream)}, 0, 0) on conflict do nothing`);
  } else if (before === 'retired') await revive(store, known);
  await noteReads(store, planned);
  const rebound = reboundFrom(before, planned);
  if (known === null || rebound === 'no') return null;
  await rebind(store, planned, rebound);
  return known.ordinal === 0n ? null : { stream, formers: [], ordinal: known.ordinal, rebound };
}

/**
 * A stream of this name was given up once. Where others have its datasets, it begins anew, and the clock of its first life,
 * which their versions may need, gets another name.
 */
async function revive(store: Connection, { stream, ordinal }: Checkpoint): Promise<void> {
  const [left] = await store.query(
    sql`select address from freehold.fh_dataset where stream = ${value(stream)} limit 1`,
  );
  if (left !== undefined || ordinal === 0n) return;
  const named = `${stream} until ${ordinal}`;
  for (const table of ['fh_clock', 'fh_former'] as const)
    await store.execute(
      sql`update ${words(`freehold.${table}`)} set stream = ${value(named)} where stream = ${value(stream)}`,
    );
  await store.execute(sql`update freehold.fh_checkpoint set epoch = epoch + 1, ordinal = 0, position = null, identity = null
    where stream = ${value(stream)}`);
}

/** Rows that have more of the log than where the stream goes on: it is not merged twice. */
async function passOver(store: Connection, address: string, former: Checkpoint, behind: Checkpoint): Promise<void> {
  // Without an identity it is no position of a log.
  if (former.identity === null || former.position === null) return;
  if (behind.position === null || former.position <= behind.position) return;
  const [row] = await store.query(
    sql`select loaded_position from freehold.fh_dataset where address = ${value(address)}`,
  );
  const loaded = typeof row?.loaded_position === 'string' ? row.loaded_position : '';
  if (loaded >= former.position) return;
  await store.execute(sql`update freehold.fh_dataset set loaded_position = ${value(former.position)}
    where address = ${value(address)}`);
}

type Tick = { readonly ordinal: bigint; readonly atMs: number };

async function lastTick(store: Connection, stream: string): Promise<Tick> {
  const [row] =
    await store.query(sql`select ordinal, cast(extract(epoch from "at") * 1000 as ${words(store.dialect.bigint)}) as at_ms
    from freehold.fh_clock where stream = ${value(stream)} order by ordinal desc limit 1`);
  const last = must(row, `a tick of '${stream}', which is loaded,`);
  return { ordinal: BigInt(String(last.ordinal)), atMs: Number(last.at_ms) };
}

/** The largest ordinal of any life of a stream of that name. */
async function lastOrdinal(store: Connection, stream: string): Promise<bigint> {
  const [row] = await store.query(
    sql`select max(ordinal) as ordinal from freehold.fh_clock where stream = ${value(stream)}`,
  );
  return bigintOrNull(row?.ordinal) ?? 0n;
}

/** The one that lies behind in the source's log; one whose rows were not read from a log lies behind all. */
function leastOf(formers: readonly Checkpoint[]): Checkpoint {
  const at = ({ position }: Checkpoint): Position => position ?? '';
  return formers.reduce((a, b) => (at(b) < at(a) ? b : a));
}

function largest(ordinals: readonly bigint[]): bigint {
  return ordinals.reduce((a, b) => (a > b ? a : b));
}

/** The plan has it no longer: its checkpoint stays, so that whoever still works on it is refused. */
async function retire(store: Connection, stream: string): Promise<void> {
  await store.execute(sql`update freehold.fh_checkpoint set reads = ${value(retired)} where stream = ${value(stream)}`);
  const [left] = await store.query(
    sql`select address from freehold.fh_dataset where stream = ${value(stream)} limit 1`,
  );
  if (left !== undefined) return;
  for (const table of ['fh_reader', 'fh_gap', 'fh_position', 'fh_pause'] as const)
    await store.execute(sql`delete from ${words(`freehold.${table}`)} where stream = ${value(stream)}`);
  await dropInbox(store, stream);
}
