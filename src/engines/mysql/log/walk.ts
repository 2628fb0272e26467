import { EngineError } from '../../../engine/connection.ts';
import { type Event, eventType } from './event.ts';
import { fileNumber, type Place } from './position.ts';

/** Where in the log its reader is, from event to event. */
export type Walk = {
  /** Notes an event; true: it is one of the log's own, and ends where the walk is now. */
  take(event: Event): boolean;
  /** Of the last event's end. */
  readonly file: number;
  readonly offset: number;
  /** When the file was opened, seconds since 1970; null before its first event. */
  readonly opened: number | null;
};

const largest = 2 ** 32;

/** Errors: EngineError where the file is not the one that the place is of. */
export function walkFrom(start: Place, label: string): Walk {
  let { file, offset } = start;
  let opened: number | null = null;
  let isChecked = start.opened === null;

  function enter(name: string, at: number): void {
    file = fileNumber(name);
    offset = at;
    opened = null;
  }

  return {
    get file() {
      return file;
    },
    get offset() {
      return offset;
    },
    get opened() {
      return opened;
    },
    take(event) {
      const { type, bytes, body, end, logPosition } = event;
      if (type === eventType.rotate) {
        enter(bytes.toString('latin1', body + 8, end), Number(bytes.readBigUInt64LE(body)));
        return false;
      }
      if (type === eventType.formatDescription) {
        opened = event.seconds;
        if (!isChecked && file === start.file && opened !== start.opened) throw otherLog(start, opened, label);
        isChecked = true;
      }
      if (type === eventType.heartbeat || type === eventType.heartbeat2) return false;
      if (event.isArtificial || logPosition === 0) return false;
      // The place in a file of more than 4 GiB is told without its upper half.
      let next = offset - (offset % largest) + logPosition;
      if (next < offset) next += largest;
      offset = next;
      return true;
    },
  };
}

function otherLog(start: Place, opened: number, label: string): EngineError {
  const when = (seconds: number) => new Date(seconds * 1000).toISOString();
  return new EngineError(
    'unreachable',
    `File ${start.file} of the log of ${label} was opened at ${when(opened)}, and the one that the stream was read from at ${when(start.opened ?? 0)}: ` +
      'the log was reset, or the server restored from a copy.',
  );
}
