import type { CaptureName, ChangeSink, LoggedTable, Position } from '../../../engine/capture.ts';
import { EngineError } from '../../../engine/connection.ts';
import type { Access } from '../../../engine/engine.ts';
import type { Kept } from './aside/kept.ts';
import { replay, transactions } from './aside/transactions.ts';
import { decoder } from './decode.ts';
import { lsn, pastOf, positionBefore, readPosition } from './position.ts';
import { publicationNames } from './publication.ts';
import { standbyStatus } from './status.ts';
import { openWalsender, type Walsender } from './walsender.ts';
import type { WireTypes } from './wire.ts';

export type LogReading = {
  readonly access: Access;
  readonly capture: CaptureName;
  readonly tables: readonly LoggedTable[];
  readonly types: WireTypes;
  readonly sink: ChangeSink;
  readonly signal: AbortSignal;
  readonly acknowledged: () => Position;
  /** Calls back after each acknowledgement; the function it gives ends that. */
  readonly onAcknowledge: (listener: () => void) => () => void;
  readonly heartbeat: () => Promise<void>;
  readonly identity: string;
  readonly kept: Kept;
  readonly large: Large;
};

/**
 * From what size on a transaction is sent before its commit: `server`, as its logical_decoding_work_mem says; `never`; or so
 * many kB.
 */
export type Large = 'server' | 'never' | number;

/** After so long without news from the server a heartbeat is written at the source. */
const heartbeatMs = 10_000;
const walData = 0x77;
const keepalive = 0x6b;

/** Reads the slot into the sink; see OpenLog.read. */
export async function readLog(reading: LogReading): Promise<void> {
  const { sink, signal, access, capture, kept } = reading;
  let { large } = reading;
  if (signal.aborted) return;
  let start = await replayKept(reading);
  if (signal.aborted) return;
  for (let attempt = 0; ; attempt++) {
    await using session = await openWalsender(access, `freehold log ${capture}`);
    const stopping = new AbortController();
    const state = { heardMs: performance.now(), failure: null as unknown };
    const end = () => stopping.abort();
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) return;
    const decode = decoder(reading.tables, reading.types, sink, start ?? reading.acknowledged());
    await using aside = transactions({
      identity: reading.identity,
      decoder: decode,
      sink,
      kept,
      signal: stopping.signal,
    });
    const answer = (wantsAnswer: boolean) =>
      session.send(standbyStatus(reading.acknowledged(), Date.now(), wantsAnswer));
    const timer = setInterval(
      () => {
        answer(true);
        if (performance.now() - state.heardMs < heartbeatMs) return;
        state.heardMs = performance.now();
        // The session of the heartbeat holds the lock as well: without it another process may be reading.
        reading.heartbeat().catch((failure) => {
          state.failure = failure;
          end();
        });
      },
      await statusIntervalMs(session),
    );
    const stopListening = reading.onAcknowledge(() => {
      answer(false);
      kept.release(reading.acknowledged());
    });
    if (typeof large === 'number') await session.command(`set logical_decoding_work_mem = '${large}kB'`);
    try {
      await session.stream(
        startCommand(capture, start, large),
        (bytes, _type, from, to) => {
          if (bytes[from] === walData) {
            state.heardMs = performance.now();
            return aside.message(bytes, from + 25, to);
          }
          if (bytes[from] === keepalive) {
            if (!aside.isInside()) decode.idle(positionBefore(readPosition(bytes, from + 1)));
            if (bytes[from + 17] === 1) answer(false);
          }
          return null;
        },
        () => sink.pressure(),
        stopping.signal,
      );
      if (state.failure !== null) throw state.failure;
      return;
    } catch (failure) {
      // Decoding what may yet be rolled back, servers fail in the middle where a savepoint with a truncate or a rewritten
      // table was undone ("could not map filenumber to relation OID"), again at each try: whole transactions never do. And
      // where our own disk is full, the server's may not be.
      if (isOfEarlySending(failure) && large !== 'never' && !decode.isInside()) {
        large = 'never';
        if (decode.reached() > reading.acknowledged()) start = decode.reached();
        continue;
      }
      // The server lets go of a slot only when it has seen that its reader is gone.
      if (!(failure instanceof EngineError && failure.code === '55006' && attempt < 50)) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 200));
    } finally {
      clearInterval(timer);
      stopListening();
      signal.removeEventListener('abort', end);
    }
  }
}

/**
 * A quarter of what the server waits for us, so that a blocked sink never costs the connection; at most a second, since
 * the server's answer says how far the log was read where nothing of ours happens.
 */
async function statusIntervalMs(session: Walsender): Promise<number> {
  const [row] = await session.command(
    "select setting from pg_catalog.pg_settings where name = 'wal_sender_timeout' -- milliseconds; 0: for ever",
  );
  const timeoutMs = Number(row?.setting ?? 0);
  return timeoutMs === 0 ? 1_000 : Math.max(100, Math.min(1_000, timeoutMs / 4));
}

/**
 * Large transactions that earlier runs put aside and that were committed. Gives the position of the last of them, from which
 * the server is to go on; null: from where it was told that everything is kept.
 */
async function replayKept({ sink, signal, kept, identity, ...reading }: LogReading): Promise<Position | null> {
  const acknowledged = reading.acknowledged();
  let last: Position | null = null;
  const decode = decoder(reading.tables, reading.types, sink, acknowledged);
  for (const found of await kept.found(identity, acknowledged)) {
    await replay(found, { decoder: decode, sink, signal });
    last = found.position;
  }
  return last;
}

function isOfEarlySending(failure: unknown): boolean {
  if (!(failure instanceof EngineError)) return false;
  return failure.code === 'XX000' || (failure.kind === 'space' && failure.code === null);
}

/** Protocols 3 and 4 add prepared transactions, which come whole with 2, and hints for applying in parallel. */
function startCommand(capture: CaptureName, after: Position | null, large: Large): string {
  const { keyed, keyless } = publicationNames(capture);
  const from = after === null ? '0/0' : lsn(pastOf(after));
  const protocol = large === 'never' ? `proto_version '1'` : `proto_version '2', streaming 'on'`;
  return `START_REPLICATION SLOT "${capture}" LOGICAL ${from} (${protocol}, publication_names '"${keyed}","${keyless}"', binary 'true')`;
}
