import { must } from '../../../base/must.ts';
import type { ChangeSink, Loss, Position, SourceTable } from '../../../engine/capture.ts';
import { type Connection, EngineError } from '../../../engine/connection.ts';
import type { Access } from '../../../engine/engine.ts';
import { sql } from '../../../sql/sql.ts';
import { charsetsOf } from './charsets.ts';
import { describeAt } from './describe.ts';
import { type Dump, openDump } from './dump.ts';
import { logFiles } from './files.ts';
import { follower } from './follow.ts';
import { placeOf } from './position.ts';
import { preparedOf } from './prepared.ts';

export type LogReading = {
  readonly access: Access;
  /** Names the reader to the server. */
  readonly capture: string;
  readonly tables: readonly SourceTable[];
  /** A session for what must be asked meanwhile. */
  readonly source: Connection;
  readonly from: Position;
  readonly sink: ChangeSink;
  readonly onStop: (table: number, why: Loss | EngineError) => void;
  readonly signal: AbortSignal;
};

/** The server says where it is every second; after so long without a word it is gone. */
const silenceMs = 60_000;
/** A place behind this cannot be asked for: the file is read from its beginning, and what is known passed over. */
const farthest = 2 ** 32 - 1;
const firstOffset = 4;

/**
 * Reads the log into the sink; see OpenLog.read. A log that is not what it was a moment ago is a failure that passes: opened
 * anew, it is found lost.
 */
export async function readLog(reading: LogReading): Promise<void> {
  const { access, capture, source, sink, signal } = reading;
  if (signal.aborted) return;
  const start = placeOf(reading.from);
  const file = (await logFiles(source)).find(({ number }) => number === start.file);
  if (file === undefined)
    throw new EngineError(
      'unreachable',
      `File ${start.file} of the log of ${access.label} is gone, and with it changes that were not read yet.`,
    );
  const offset = start.offset > farthest ? firstOffset : start.offset;
  await using dump = await openDump(access, { file: file.name, offset, reader: capture, atEnd: 'wait' });
  const follow = follower({
    start: { ...start, offset },
    label: access.label,
    tables: reading.tables,
    charsets: charsetsOf(source),
    prepared: preparedOf(access, capture, () => logFiles(source)),
    isCaseBlind: await isCaseBlind(source),
    describe: (table, at) => describeAt(source, access, capture, must(reading.tables[table], 'table'), at),
    sink,
    onStop: reading.onStop,
  });
  const onAbort = () => dump.cut();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    while (!signal.aborted) {
      for (let event = dump.next(); event !== null; event = dump.next()) {
        const asked = follow.take(event);
        if (asked !== null) await asked;
      }
      const pressed = sink.pressure();
      if (pressed !== null) await Promise.race([pressed, aborted(signal)]);
      if (!signal.aborted) await moreInTime(dump, access.label);
    }
  } catch (failure) {
    // Cut by us: the end that was asked for.
    if (!signal.aborted) throw failure;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function moreInTime(dump: Dump, label: string): Promise<void> {
  let isSilent = false;
  const timer = setTimeout(() => {
    isSilent = true;
    dump.cut();
  }, silenceMs);
  try {
    await dump.more();
  } catch (failure) {
    if (!isSilent) throw failure;
    throw new EngineError(
      'unreachable',
      `${label} has said nothing for ${silenceMs / 1000} seconds, not even where its log is: the connection is gone.`,
    );
  } finally {
    clearTimeout(timer);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function isCaseBlind(source: Connection): Promise<boolean> {
  const [row] = await source.query(sql`select @@global.lower_case_table_names as blind`);
  return Number(row?.blind) !== 0;
}
