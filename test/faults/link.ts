import { connect, createServer, type Socket } from 'node:net';

/** A way to a server, with a port that stays the same whatever the server's is; and what a network may do to it. */
export type Link = AsyncDisposable & {
  readonly port: number;
  /** Sessions that are open here. */
  readonly sessions: () => number;
  /** Sessions from now on go there. */
  readonly lead: (to: Place) => void;
  /** Each session ends at once, without a word; new ones pass. */
  readonly cut: () => void;
  /** The session that is the first to carry so many bytes more, either way, ends in the middle of them. */
  readonly cutAfter: (bytes: number) => Promise<void>;
  /** From now on nothing passes, either way, and nobody is told; new sessions are taken, and not answered. */
  readonly silence: () => void;
  /** The same of the sessions alone that read a log; new ones pass. */
  readonly silenceReaders: () => void;
  /** New sessions pass again; those that were silent stay so. */
  readonly speak: () => void;
  /** The far sides are closed, and we are not told: each session learns it with what it sends next. */
  readonly halfOpen: () => void;
  /** New sessions are refused. */
  readonly refuse: (isRefusing: boolean) => void;
};

export type Place = { readonly host: string; readonly port: number };

type Session = { readonly near: Socket; readonly far: Socket; isReader: boolean; isSilent: boolean; isHalf: boolean };

export async function link(first: Place): Promise<Link> {
  let to = first;
  let isSilent = false;
  let isRefusing = false;
  let limit: { left: number; readonly reached: () => void } | null = null;
  const open = new Set<Session>();

  function end(session: Session): void {
    open.delete(session);
    session.near.resetAndDestroy();
    session.far.destroy();
  }

  /** What passes one way; held back where the other side is slow. */
  function carry(session: Session, from: Socket, into: Socket): void {
    from.on('data', (bytes: Buffer) => {
      if (session.isSilent) return;
      if (session.isHalf) return end(session);
      // What the first message of a PostgreSQL client says of it.
      session.isReader ||= from === session.near && bytes.includes('replication\0database');
      if (limit !== null) limit.left -= bytes.length;
      if (limit !== null && limit.left <= 0) {
        const { reached } = limit;
        limit = null;
        into.write(bytes.subarray(0, bytes.length >> 1), () => {
          end(session);
          reached();
        });
        return;
      }
      if (into.write(bytes)) return;
      from.pause();
      into.once('drain', () => from.resume());
    });
    from.on('end', () => {
      if (!session.isSilent && !session.isHalf) into.end();
    });
    from.on('error', () => into.destroy());
    from.on('close', () => {
      if (session.isHalf && from === session.far) return;
      open.delete(session);
      into.destroy();
    });
  }

  const server = createServer((near) => {
    near.on('error', () => undefined);
    if (isRefusing) return void near.resetAndDestroy();
    const far = connect(to);
    far.on('error', () => near.destroy());
    const session = { near, far, isReader: false, isSilent, isHalf: false };
    open.add(session);
    carry(session, near, far);
    carry(session, far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the link has no port');

  return {
    port: address.port,
    sessions: () => open.size,
    lead(place) {
      to = place;
    },
    cut() {
      for (const session of open) end(session);
    },
    cutAfter: (bytes) =>
      new Promise((resolve) => {
        limit = { left: bytes, reached: resolve };
      }),
    silence() {
      isSilent = true;
      for (const session of open) session.isSilent = true;
    },
    silenceReaders() {
      for (const session of open) session.isSilent ||= session.isReader;
    },
    speak() {
      isSilent = false;
    },
    halfOpen() {
      for (const session of open) {
        session.isHalf = true;
        session.far.destroy();
      }
    },
    refuse(now) {
      isRefusing = now;
    },
    async [Symbol.asyncDispose]() {
      for (const session of open) end(session);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
