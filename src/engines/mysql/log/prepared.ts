import { EngineError } from '../../../engine/connection.ts';
import type { Access } from '../../../engine/engine.ts';
import { type Event, eventType } from './event.ts';
import type { LogFile } from './files.ts';
import { preparedId, readQuery } from './query.ts';
import { scanLog } from './scan.ts';

/**
 * Transactions that were prepared (XA) stand in the log when they are prepared, and are committed, if at all, later: their
 * rows are read again from where they stand, then.
 */
export type Prepared = {
  /** A prepared transaction begins there. */
  note(xid: string, file: number, offset: number): void;
  forget(xid: string): void;
  /** Gives the transaction's rows once more. `before`: where it is committed. */
  replay(
    xid: string,
    before: { readonly file: number; readonly offset: number },
    take: (event: Event) => Promise<void> | null,
  ): Promise<void>;
};

type Found = { readonly file: number; readonly offset: number };

export function preparedOf(access: Access, reader: string, files: () => Promise<readonly LogFile[]>): Prepared {
  const known = new Map<string, Found>();

  /** It was prepared before we began to read: then it is looked for in all of the log. */
  async function search(xid: string, before: Found): Promise<Found | null> {
    const [first] = await files();
    if (first === undefined) return null;
    let found: Found | null = null;
    let start = 0;
    await scanLog({ access, reader, from: { file: first.name, offset: 4 }, to: before }, (event, walk) => {
      if (isGtid(event)) start = walk.offset - event.size;
      if (xidOf(event) === xid) found = { file: walk.file, offset: start };
      return false;
    });
    return found;
  }

  return {
    note: (xid, file, offset) => void known.set(xid, { file, offset }),
    forget: (xid) => void known.delete(xid),
    async replay(xid, before, take) {
      const at = known.get(xid) ?? (await search(xid, before));
      known.delete(xid);
      const file = (await files()).find(({ number }) => number === at?.file);
      if (at === null || file === undefined)
        throw new EngineError(
          'missing',
          `Transaction ${xid} was prepared (XA) in a part of the log of ${access.label} that is gone, and committed now. Its changes are lost: load the stream anew.`,
        );
      await scanLog({ access, reader, from: { file: file.name, offset: at.offset }, to: before }, async (event) => {
        await take(event);
        return event.type === eventType.xaPrepare;
      });
    },
  };
}

export function isGtid({ type }: Event): boolean {
  return (
    type === eventType.mariadbGtid ||
    type === eventType.gtid ||
    type === eventType.anonymousGtid ||
    type === eventType.gtidTagged
  );
}

/** The id of the prepared transaction that begins here; null: none does. */
export function xidOf(event: Event): string | null {
  if (event.type === eventType.mariadbGtid) {
    const prepared = preparedId(event);
    return prepared === null || prepared.isEnd ? null : prepared.xid;
  }
  if (event.type !== eventType.query) return null;
  const statement = readQuery(event);
  return statement.kind === 'xa' && statement.verb === 'start' ? statement.xid : null;
}
