import { Socket } from 'node:net';
import { EngineError } from '../../../engine/connection.ts';

/**
 * The protocol's packets by our own hand, on a session that the driver has opened: for results and logs of which no
 * JavaScript object is made. The driver waits meanwhile, between two of its commands, and knows nothing of it.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html
 */
export type Tap = {
  /** Takes the session from the driver. */
  take(): Packets;
};

export type Packets = {
  /** Sends a command of less than 16 MiB: its first byte says which. */
  send(command: Buffer): void;
  /** Finds the next packet, whose payload is `bytes` from `from` to `to` until the next call; false: more must arrive first. */
  next(): boolean;
  bytes: Buffer;
  from: number;
  to: number;
  /** Resolves when more has arrived. Errors: EngineError 'unreachable'. */
  more(): Promise<void>;
  /** Gives the session back to the driver: only when the last packet of an answer was read. */
  giveBack(): void;
};

/** Read ahead of who asks: then the socket is paused, and the server waits. */
const readAheadBytes = 1 << 20;
const largestPart = 0xffffff;
const nothing = Buffer.alloc(0);

/** `stream`: the driver's socket, TLS or not. Must be called while no command runs. */
export function tapOf(stream: unknown, label: string): Tap {
  if (!(stream instanceof Socket)) throw new Error('bug: the driver has no socket');
  const socket = stream;
  const drivers = socket.listeners('data');
  let receive: ((chunk: Buffer) => void) | null = null;
  socket.removeAllListeners('data');
  socket.on('data', (chunk: Buffer) => {
    if (receive !== null) receive(chunk);
    else for (const listener of drivers) Reflect.apply(listener, socket, [chunk]);
  });
  return {
    take() {
      if (receive !== null) throw new Error('bug: the session is taken twice');
      const packets = packetsOf(socket, label, () => {
        receive = null;
      });
      receive = (chunk) => packets.receive(chunk);
      return packets;
    },
  };
}

function packetsOf(socket: Socket, label: string, onGiveBack: () => void): Packets & { receive(chunk: Buffer): void } {
  /** Arrived, and not yet part of `bytes`. */
  let arrived: Buffer[] = [];
  let arrivedBytes = 0;
  let bytes: Buffer = nothing;
  let at = 0;
  /** Bytes that are missing before there is another packet. */
  let missing = 0;
  /** Parts of a packet of 16 MiB or more. */
  let parts: Buffer[] = [];
  let failure: EngineError | null = null;
  let wake = () => {};

  const fail = (cause?: Error) => {
    const why = cause === undefined ? 'the server closed it' : cause.message;
    failure ??= new EngineError('unreachable', `the connection to ${label} broke: ${why}`, { cause });
    wake();
  };
  const onClose = () => fail();
  socket.on('error', fail);
  socket.on('close', onClose);
  if (socket.destroyed) fail();

  const packets: Packets & { receive(chunk: Buffer): void } = {
    bytes: nothing,
    from: 0,
    to: 0,
    receive(chunk) {
      arrived.push(chunk);
      arrivedBytes += chunk.length;
      if (arrivedBytes > Math.max(readAheadBytes, missing)) socket.pause();
      wake();
    },
    send(command) {
      const header = Buffer.alloc(4);
      header.writeUIntLE(command.length, 0, 3);
      socket.write(Buffer.concat([header, command]));
    },
    next() {
      for (;;) {
        const has = bytes.length - at;
        const size = has < 4 ? 0 : bytes.readUIntLE(at, 3);
        missing = 4 + size - has;
        if (has < 4 || missing > 0) return false;
        const from = at + 4;
        at = from + size;
        if (size === largestPart) {
          parts.push(Buffer.from(bytes.subarray(from, at)));
          continue;
        }
        if (parts.length === 0) {
          packets.bytes = bytes;
          packets.from = from;
          packets.to = at;
          return true;
        }
        packets.bytes = Buffer.concat([...parts, bytes.subarray(from, at)]);
        packets.from = 0;
        packets.to = packets.bytes.length;
        parts = [];
        return true;
      }
    },
    async more() {
      for (;;) {
        if (arrivedBytes >= missing && arrivedBytes > 0) {
          const rest = bytes.subarray(at);
          bytes =
            rest.length === 0 && arrived.length === 1 ? (arrived[0] ?? nothing) : Buffer.concat([rest, ...arrived]);
          at = 0;
          arrived = [];
          arrivedBytes = 0;
          return;
        }
        if (failure !== null) throw failure;
        await new Promise<void>((resolve) => {
          wake = resolve;
          socket.resume();
        });
      }
    },
    giveBack() {
      socket.off('error', fail);
      socket.off('close', onClose);
      onGiveBack();
      socket.resume();
    },
  };
  return packets;
}
