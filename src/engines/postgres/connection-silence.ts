import type { Socket } from 'node:net';
import type { Access } from '../../engine/engine.ts';
import { clientConfig } from './access.ts';

/**
 * A session whose server, or the way to it, is gone without a word: a machine that lost its power, a firewall that forgot
 * us, a proxy that hangs. The system's own probes find out about machines, and nothing does about what answers probes and
 * carries nothing. So where an answer has been waited for so long and no byte has come or gone, a second session asks the server
 * what the first is doing. One that has ended, or waits for us while we wait for it, is not waited for any longer; neither
 * is a server that lets nobody in twice. A statement that runs may run for hours.
 */
export type Awaited = {
  /** Is it not the server that we wait for, but who makes our rows, or takes its? */
  isOurTurn: boolean;
};

export type SilenceWatch = {
  /** Waits for the server's answer: from now until the function it gives is called. */
  readonly begin: (awaited: Awaited) => () => void;
};

const silentMs = 15_000;
const tickMs = 3_000;
const secondLookMs = 1_000;

export function watchSilence(socket: Socket, pid: number, access: Access): SilenceWatch {
  return {
    begin(awaited) {
      let moved = bytesOf(socket);
      let quietMs = 0;
      let unreachable = 0;
      const timer = setInterval(() => {
        const now = bytesOf(socket);
        if (now !== moved || awaited.isOurTurn) {
          moved = now;
          quietMs = 0;
          unreachable = 0;
          return;
        }
        quietMs += tickMs;
        if (quietMs < silentMs) return;
        // Not again before the answer is here.
        quietMs = Number.NEGATIVE_INFINITY;
        const waitAnew = () => {
          quietMs = 0;
        };
        look().then(waitAnew, waitAnew);
      }, tickMs);
      timer.unref();
      return () => clearInterval(timer);

      async function look(): Promise<void> {
        const found = await doingOf(access, pid);
        unreachable = found === 'unreachable' ? unreachable + 1 : 0;
        if (found === 'working' || (found === 'unreachable' && unreachable < 2)) return;
        // An answer that was on its way is here by now.
        await new Promise((resolve) => setTimeout(resolve, secondLookMs));
        if (bytesOf(socket) !== moved || awaited.isOurTurn) return;
        const why =
          found === 'unreachable'
            ? 'its server lets nobody in'
            : `its server ${found === 'gone' ? 'has ended it' : 'waits for us'}`;
        socket.destroy(
          new Error(`Connection terminated: nothing has come of it for ${silentMs / 1000} seconds, and ${why}`),
        );
      }
    },
  };
}

function bytesOf(socket: Socket): number {
  return socket.bytesRead + socket.bytesWritten;
}

/** What the server process of a session does, asked in a session of its own; 'working' also where nobody can say. */
async function doingOf(access: Access, pid: number): Promise<'working' | 'waiting' | 'gone' | 'unreachable'> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ ...clientConfig(access, 'freehold silence'), query_timeout: silentMs });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ state: string | null; wait_event: string | null }>(
      'select state, wait_event from pg_catalog.pg_stat_activity where pid = $1',
      [pid],
    );
    const [row] = rows;
    if (row === undefined) return 'gone';
    return row.state?.startsWith('idle') === true || row.wait_event === 'ClientRead' ? 'waiting' : 'working';
  } catch (failure) {
    const code = failure instanceof Error && 'code' in failure ? String(failure.code) : '';
    // What the server itself has said, that there are too many sessions, say, says that it is there.
    return /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E') ? 'working' : 'unreachable';
  } finally {
    client.end().catch(() => undefined);
    setTimeout(() => client.connection.stream.destroy(), 3_000).unref();
  }
}
