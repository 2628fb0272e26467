import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { must } from '../../../base/must.ts';
import { EngineError } from '../../../engine/connection.ts';
import type { Access } from '../../../engine/engine.ts';
import { type OpenClient, openClient } from '../connection.ts';
import { readFailure } from '../wire/failure.ts';
import { type Packets, tapOf } from '../wire/tap.ts';
import { checksumBytes, type Event, eventType, readEvent } from './event.ts';

/** Events of the log from a place on, as the server sends them to a replica. */
export type Dump = AsyncDisposable & {
  /** The next event that has arrived; null: `more` must be awaited first. It holds until the next call. */
  next(): Event | null;
  /** Errors: EngineError. */
  more(): Promise<void>;
  /** Has a dump that does not wait reached the end? */
  readonly isAtEnd: boolean;
  /** Ends the session at once: a `more` that waits rejects. */
  cut(): void;
};

export type DumpFrom = {
  readonly file: string;
  readonly offset: number;
  /** Who reads, for the server's list of replicas: one of each at a time. */
  readonly reader: string;
  /** At the end of the log: wait for more, or end. */
  readonly atEnd: 'wait' | 'end';
};

const registerReplica = 0x15;
const binlogDump = 0x12;
const endInsteadOfWaiting = 1;
/** The server says where it is after so long without news, in nanoseconds. */
const heartbeatNs = 1_000_000_000;

export async function openDump(access: Access, from: DumpFrom): Promise<Dump> {
  const opened = await openClient(access, `freehold log ${from.reader}`);
  try {
    const ask = (text: string) => opened.ask(text);
    const [checksums] = await ask('select @@global.binlog_checksum');
    // The server asks these of the session: https://mariadb.com/kb/en/replication-protocol/
    for (const side of ['master', 'source']) {
      await ask(`set @${side}_binlog_checksum = @@global.binlog_checksum, @${side}_heartbeat_period = ${heartbeatNs}`);
    }
    await ask('set @mariadb_slave_capability = 4');
    const packets = tapOf(opened.stream, access.label).take();
    const id = replicaId(from.reader);
    packets.send(registration(id));
    await answered(packets, access.label);
    packets.send(dumpCommand(from, id));
    return dumped(packets, opened, access.label, String(checksums) !== 'NONE');
  } catch (failure) {
    opened.cut();
    throw failure;
  }
}

function dumped(packets: Packets, opened: OpenClient, label: string, isChecked: boolean): Dump {
  let hasChecksum = isChecked;
  let isAtEnd = false;

  function eventOf(bytes: Buffer, from: number, to: number): Event {
    const event = readEvent(bytes, from, to, hasChecksum);
    if (event.type === eventType.formatDescription) {
      // What follows in this file has a checksum or not, as the byte before this event's own says.
      hasChecksum = bytes[to - checksumBytes - 1] === 1;
      const isThere = isChecksumRight(bytes, from, to);
      if (hasChecksum && !isThere) throw damaged(label);
      return readEvent(bytes, from, to, true);
    }
    // Made by the server on the way: with a checksum or without, whatever the file has.
    if (event.type === eventType.rotate) return readEvent(bytes, from, to, isChecksumRight(bytes, from, to));
    if (hasChecksum && !isChecksumRight(bytes, from, to)) throw damaged(label);
    return event;
  }

  return {
    get isAtEnd() {
      return isAtEnd;
    },
    next() {
      if (isAtEnd || !packets.next()) return null;
      const { bytes, from, to } = packets;
      const first = bytes[from];
      if (first === 0) return eventOf(bytes, from + 1, to);
      if (first === 0xfe && to - from < 9) {
        isAtEnd = true;
        return null;
      }
      throw logFailure(bytes, from, to, label);
    },
    more: () => (isAtEnd ? Promise.resolve() : packets.more()),
    cut: () => opened.cut(),
    [Symbol.asyncDispose]: async () => opened.cut(),
  };
}

async function answered(packets: Packets, label: string): Promise<void> {
  while (!packets.next()) await packets.more();
  if (packets.bytes[packets.from] === 0xff) throw logFailure(packets.bytes, packets.from, packets.to, label);
}

function isChecksumRight(bytes: Buffer, from: number, to: number): boolean {
  const at = to - checksumBytes;
  return at > from && crc32(bytes.subarray(from, at)) === bytes.readUInt32LE(at);
}

/** A number that no server of the group has, the same for one reader each time: the server ends an earlier one that hangs. */
function replicaId(reader: string): number {
  return (createHash('sha256').update(reader).digest().readUInt32LE(0) | 0x80000000) >>> 0;
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_register_replica.html */
function registration(id: number): Buffer {
  const name = Buffer.from('freehold');
  const command = Buffer.alloc(5 + 1 + name.length + 1 + 1 + 2 + 4 + 4);
  command[0] = registerReplica;
  command.writeUInt32LE(id, 1);
  command[5] = name.length;
  name.copy(command, 6);
  return command;
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_binlog_dump.html */
function dumpCommand({ file, offset, atEnd }: DumpFrom, id: number): Buffer {
  const name = Buffer.from(file);
  const command = Buffer.alloc(11 + name.length);
  command[0] = binlogDump;
  command.writeUInt32LE(offset, 1);
  command.writeUInt16LE(atEnd === 'end' ? endInsteadOfWaiting : 0, 5);
  command.writeUInt32LE(id, 7);
  name.copy(command, 11);
  return command;
}

function logFailure(bytes: Buffer, from: number, to: number, label: string): EngineError {
  const { errno, message, code } = readFailure(bytes, from, to);
  switch (errno) {
    // The server cannot read its log from there: purged, reset, restored, damaged.
    case 1236:
      return new EngineError('unreachable', `${label} cannot give its log from where it is asked for: ${message}.`, {
        code,
      });
    case 1045:
    case 1227:
      return new EngineError(
        'denied',
        `${label} does not give its log: ${message}. As an administrator:  grant replication slave, replication client on *.* to the account.`,
        { code },
      );
    default:
      return new EngineError(errno === 1053 || errno === 1927 ? 'unreachable' : 'statement', `${label}: ${message}`, {
        code,
      });
  }
}

function damaged(label: string): EngineError {
  return new EngineError(
    'unreachable',
    `an event of the log of ${label} has another checksum than it says: it was damaged on its way, or in its file.`,
  );
}

/** The time at which a file of the log was opened, seconds since 1970. */
export async function openedAt(access: Access, file: string, reader: string): Promise<number> {
  await using dump = await openDump(access, { file, offset: 4, reader: `${reader} files`, atEnd: 'end' });
  for (;;) {
    for (let event = dump.next(); event !== null; event = dump.next()) {
      if (event.type === eventType.formatDescription) return event.seconds;
    }
    must(dump.isAtEnd ? null : dump, 'a format description');
    await dump.more();
  }
}
