import type { Connection } from '../engine/connection.ts';

/**
 * Sessions that are lent for one piece of work at a time, a few of each container, so that a thousand streams with work now
 * and then need no thousand of them. One that nobody asks for is closed after a while: between two reads far apart the
 * producer's server knows nothing of us.
 */
export interface Sessions extends AsyncDisposable {
  /** Waits for its turn. A session in which the work failed is closed: nobody knows what it left there. */
  lend<T>(container: string, work: (session: Connection) => Promise<T>): Promise<T>;
  /** The same for work that says itself when it ends. Errors: EngineError. */
  borrow(container: string): Promise<Lent>;
  /** Null where one would have to wait. */
  borrowFree(container: string): Promise<Lent | null>;
  /** Does anybody wait? Whoever has had one for long gives it back then. */
  isWanted(container: string): boolean;
}

/** Ends with exactly one of the two. */
export type Lent = {
  readonly session: Connection;
  /** It is as it was lent: nothing of the work is left in it. */
  giveBack(): void;
  /** Nobody knows what is left in it. */
  close(): Promise<void>;
};

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
  /** Whoever is woken has the turn of whoever woke it. */
  const endTurn = (place: Place) => {
    const next = place.waiting.shift();
    if (next === undefined) place.lent--;
    else next();
  };
  const inTurn = async (container: string, place: Place): Promise<Lent> => {
    try {
      const session = await take(container, place);
      return {
        session,
        giveBack() {
          keep(place, session);
          endTurn(place);
        },
        async close() {
          try {
            // What broke this one may have broken those that nobody uses.
            await Promise.all([session[Symbol.asyncDispose](), closeIdle(place)]);
          } finally {
            endTurn(place);
          }
        },
      };
    } catch (failure) {
      endTurn(place);
      throw failure;
    }
  };
  const borrow = async (container: string): Promise<Lent> => {
    const place = placeOf(container);
    if (place.lent < most) place.lent++;
    else await new Promise<void>((resolve) => place.waiting.push(resolve));
    return inTurn(container, place);
  };
  return {
    borrow,
    async borrowFree(container) {
      const place = placeOf(container);
      if (place.lent >= most) return null;
      place.lent++;
      return inTurn(container, place);
    },
    isWanted: (container) => placeOf(container).waiting.length > 0,
    async lend(container, work) {
      const lent = await borrow(container);
      try {
        const result = await work(lent.session);
        lent.giveBack();
        return result;
      } catch (failure) {
        await lent.close();
        throw failure;
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
