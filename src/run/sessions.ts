import type { Connection } from '../engine/connection.ts';

/**
 * Sessions that are lent for one piece of work at a time, a few of each container, so that a thousand streams
 * that are read now and then need no thousand of them. One that nobody asks for is closed after a while: between two reads far
 * apart the producer's server knows nothing of us.
 */
export interface Sessions extends AsyncDisposable {
  /** Waits for its turn. A session in which the work failed is closed: nobody knows what it left there. */
  lend<T>(container: string, work: (session: Connection) => Promise<T>): Promise<T>;
}

export type SessionsOptions = {
  readonly connect: (container: string) => Promise<Connection>;
  /** At once, of each container. */
  readonly most: number;
  readonly idleMs: number;
};

type Place = {
  lent: number;
  readonly idle: { readonly session: Connection; readonly timer: NodeJS.Timeout }[];
  readonly waiting: (() => void)[];
};

export function lentSessions({ connect, most, idleMs }: SessionsOptions): Sessions {
  const places = new Map<string, Place>();
  const placeOf = (container: string): Place => {
    const known = places.get(container) ?? { lent: 0, idle: [], waiting: [] };
    places.set(container, known);
    return known;
  };
  const take = async (container: string, place: Place): Promise<Connection> => {
    const free = place.idle.pop();
    if (free === undefined) return connect(container);
    clearTimeout(free.timer);
    return free.session;
  };
  const keep = (place: Place, session: Connection) => {
    const timer = setTimeout(() => {
      const at = place.idle.findIndex((one) => one.session === session);
      if (at >= 0) place.idle.splice(at, 1);
      void session[Symbol.asyncDispose]();
    }, idleMs);
    timer.unref();
    place.idle.push({ session, timer });
  };
  return {
    async lend(container, work) {
      const place = placeOf(container);
      // Whoever is woken has the turn of whoever woke it.
      if (place.lent < most) place.lent++;
      else await new Promise<void>((resolve) => place.waiting.push(resolve));
      try {
        const session = await take(container, place);
        try {
          const result = await work(session);
          keep(place, session);
          return result;
        } catch (failure) {
          // What broke this one may have broken those that nobody uses.
          await Promise.all([session[Symbol.asyncDispose](), closeIdle(place)]);
          throw failure;
        }
      } finally {
        const next = place.waiting.shift();
        if (next === undefined) place.lent--;
        else next();
      }
    },
    async [Symbol.asyncDispose]() {
      for (const place of places.values()) await closeIdle(place);
    },
  };
}

async function closeIdle({ idle }: Place): Promise<void> {
  for (const { session, timer } of idle.splice(0)) {
    clearTimeout(timer);
    await session[Symbol.asyncDispose]();
  }
}
