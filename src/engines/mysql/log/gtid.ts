import { type Event, eventType } from './event.ts';

/** Which transactions the log has had so far, as the server's kind writes them: what another server of its group is asked for. */
export type Gtids = {
  /** Takes an event that says a transaction's id, or those of all files before. */
  take(event: Event): void;
  /** `0-1-77,1-2-3`, or `3e11fa47-71ca-11e1-9e33-c80aa9429562:1-77`; '' where the server has none. */
  text(): string;
};

export function gtidsFrom(text: string): Gtids {
  return /^\d+-\d+-\d+(?:,|$)/.test(text) ? mariadbGtids(text) : text === '' ? undecided() : mysqlGtids(text);
}

/** Of whichever kind the first event is. */
function undecided(): Gtids {
  let of: Gtids | null = null;
  return {
    take(event) {
      of ??=
        event.type === eventType.mariadbGtid || event.type === eventType.mariadbGtidList
          ? mariadbGtids('')
          : mysqlGtids('');
      of.take(event);
    },
    text: () => of?.text() ?? '',
  };
}

/** The last transaction of each domain. https://mariadb.com/kb/en/gtid/ */
function mariadbGtids(text: string): Gtids {
  const last = new Map(text === '' ? [] : text.split(',').map((one) => [Number(one.split('-')[0]), one] as const));
  let known: string | null = text;
  return {
    take({ type, bytes, body, from }) {
      known = null;
      if (type === eventType.mariadbGtid) {
        const domain = bytes.readUInt32LE(body + 8);
        last.set(domain, `${domain}-${bytes.readUInt32LE(from + 5)}-${bytes.readBigUInt64LE(body)}`);
        return;
      }
      const count = bytes.readUInt32LE(body) & 0x0fffffff;
      for (let i = 0, at = body + 4; i < count; i++, at += 16) {
        const domain = bytes.readUInt32LE(at);
        last.set(domain, `${domain}-${bytes.readUInt32LE(at + 4)}-${bytes.readBigUInt64LE(at + 8)}`);
      }
    },
    text() {
      known ??= [...last]
        .toSorted(([a], [b]) => a - b)
        .map(([, one]) => one)
        .join(',');
      return known;
    },
  };
}

type Interval = { from: bigint; to: bigint };

/** A set: of each server the intervals of its transactions. https://dev.mysql.com/doc/refman/8.4/en/replication-gtids-concepts.html */
function mysqlGtids(text: string): Gtids {
  const sets = new Map<string, Interval[]>();
  for (const part of text === '' ? [] : text.split(',')) {
    const [server = '', ...intervals] = part.split(':');
    sets.set(server, intervals.map(intervalOf));
  }
  let known: string | null = text;
  return {
    take({ type, bytes, body }) {
      if (type === eventType.gtid) {
        known = null;
        add(sets, uuid(bytes, body + 1), bytes.readBigInt64LE(body + 17));
      } else if (type === eventType.previousGtids) {
        known = null;
        let at = body + 8;
        for (let n = bytes.readUInt32LE(body); n > 0; n--) {
          const server = uuid(bytes, at);
          const count = bytes.readUInt32LE(at + 16);
          at += 24;
          const intervals: Interval[] = [];
          for (let i = 0; i < count; i++, at += 16) {
            intervals.push({ from: bytes.readBigInt64LE(at), to: bytes.readBigInt64LE(at + 8) - 1n });
          }
          sets.set(server, intervals);
        }
      }
    },
    text() {
      known ??= [...sets].map(([server, intervals]) => [server, ...intervals.map(intervalText)].join(':')).join(',');
      return known;
    },
  };
}

function intervalOf(text: string): Interval {
  const [from = '0', to = from] = text.split('-');
  return { from: BigInt(from), to: BigInt(to) };
}

function intervalText({ from, to }: Interval): string {
  return from === to ? String(from) : `${from}-${to}`;
}

function add(sets: Map<string, Interval[]>, server: string, number: bigint): void {
  const intervals = sets.get(server) ?? [];
  sets.set(server, intervals);
  const last = intervals.at(-1);
  if (last !== undefined && last.to + 1n === number) last.to = number;
  else intervals.push({ from: number, to: number });
}

function uuid(bytes: Buffer, at: number): string {
  const text = bytes.toString('hex', at, at + 16);
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-');
}
