import type { CaptureName, ChangeSink, LoggedTable, Position } from '../../../engine/capture.ts';
import { EngineError } from '../../../engine/connection.ts';
import type { Access } from '../../../engine/engine.ts';
import { decoder } from './decode.ts';
import { positionBefore, readPosition } from './position.ts';
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
};

/** After so long without news from the server a heartbeat is written at the source. */
const heartbeatMs = 10_000;
const walData = 0x77;
const keepalive = 0x6b;

/** Reads the slot into the sink; see OpenLog.read. */
export async function readLog(reading: LogReading): Promise<void> {
  const { sink, signal, access, capture } = reading;
  if (signal.aborted) return;
  for (let attempt = 0; ; attempt++) {
    await using session = await openWalsender(access, `freehold log ${capture}`);
    const stopping = new AbortController();
    const state = { heardMs: Date.now(), failure: null as unknown };
    const end = () => stopping.abort();
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) return;
    const decode = decoder(reading.tables, reading.types, sink);
    const answer = (wantsAnswer: boolean) =>
      session.send(standbyStatus(reading.acknowledged(), Date.now(), wantsAnswer));
    const timer = setInterval(
      () => {
        answer(true);
        if (Date.now() - state.heardMs < heartbeatMs) return;
        state.heardMs = Date.now();
        // The session of the heartbeat holds the lock as well: without it another process may be reading.
        reading.heartbeat().catch((failure) => {
          state.failure = failure;
          end();
        });
      },
      await statusIntervalMs(session),
    );
    const stopListening = reading.onAcknowledge(() => answer(false));
    try {
      await session.stream(
        startCommand(capture),
        (bytes, _type, from, to) => {
          if (bytes[from] === walData) {
            state.heardMs = Date.now();
            return decode.message(bytes, from + 25, to);
          }
          if (bytes[from] === keepalive) {
            if (!decode.isInside()) sink.idle(positionBefore(readPosition(bytes, from + 1)));
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

function startCommand(capture: CaptureName): string {
  const { keyed, keyless } = publicationNames(capture);
  return `START_REPLICATION SLOT "${capture}" LOGICAL 0/0 (proto_version '1', publication_names '"${keyed}","${keyless}"', binary 'true')`;
}
