import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server through which so many bits pass in a second and no more, both ways alike, all sessions together. */
export type Link = AsyncDisposable & {
  readonly port: number;
  /** Bytes that passed towards us since the last time it was asked. */
  readonly passed: () => number;
};

export async function slowLink(
  to: { readonly host: string; readonly port: number },
  bitsPerSecond: number,
): Promise<Link> {
  const bytesPerMs = bitsPerSecond / 8 / 1000;
  let passed = 0;
  const open = new Set<Socket>();
  /** Until when what was let through keeps the link busy. */
  const busy = { towardsUs: 0, away: 0 };
  const carry = (from: Socket, into: Socket, way: keyof typeof busy) => {
    from.on('data', (bytes: Buffer) => {
      if (way === 'towardsUs') passed += bytes.length;
      const now = performance.now();
      busy[way] = Math.max(now, busy[way]) + bytes.length / bytesPerMs;
      from.pause();
      setTimeout(() => {
        if (into.write(bytes)) from.resume();
        else into.once('drain', () => from.resume());
      }, busy[way] - now);
    });
    from.on('end', () => into.end());
    from.on('error', () => into.destroy());
    from.on('close', () => open.delete(from));
    open.add(from);
  };
  const server = createServer((near) => {
    const far = connect(to);
    carry(near, far, 'away');
    carry(far, near, 'towardsUs');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the link has no port');
  return {
    port: address.port,
    passed() {
      const bytes = passed;
      passed = 0;
      return bytes;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
