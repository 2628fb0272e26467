import type { FileHandle } from 'node:fs/promises';

/**
 * Where in a transaction's file each of its subtransactions began, so that one that is rolled back takes with it everything
 * from there on. Memory is flat: beyond some thousands, entries rest in a file.
 *
 * Invariant: entries rise in number and in offset. A subtransaction's number is above its parent's and below those begun
 * after it; so when one writes, or is rolled back, all with higher numbers are its own, or rolled back with it.
 */
export type Savepoints = AsyncDisposable & {
  /** A change of this (sub)transaction is at this offset. */
  note(xid: number, offset: number): Promise<void> | null;
  /** Forgets the subtransaction and all begun after it; the offset where they began, or null where none of them did. */
  undo(xid: number): Promise<number | null>;
};

const entryBytes = 12;

/** `room`: how many are in memory at most; `create` makes the file of the others when it is needed. */
export function savepoints(create: () => Promise<FileHandle>, room = 1 << 15): Savepoints {
  const xids = new Uint32Array(room);
  const offsets = new Float64Array(room);
  let inMemory = 0;
  let onDisk = 0;
  /** Number of the last entry; null: there is none. */
  let last: number | null = null;
  let file: FileHandle | null = null;

  function push(xid: number, offset: number): Promise<void> | null {
    if (inMemory === room) return spill().then(() => void push(xid, offset));
    xids[inMemory] = xid;
    offsets[inMemory] = offset;
    inMemory++;
    last = xid;
    return null;
  }

  async function spill(): Promise<void> {
    file ??= await create();
    const bytes = Buffer.allocUnsafe(inMemory * entryBytes);
    for (let i = 0; i < inMemory; i++) {
      bytes.writeUInt32BE(xids[i] ?? 0, i * entryBytes);
      bytes.writeDoubleBE(offsets[i] ?? 0, i * entryBytes + 4);
    }
    await file.write(bytes, 0, bytes.length, onDisk * entryBytes);
    onDisk += inMemory;
    inMemory = 0;
  }

  async function onDiskAt(i: number): Promise<{ readonly xid: number; readonly offset: number }> {
    const bytes = Buffer.allocUnsafe(entryBytes);
    await file?.read(bytes, 0, entryBytes, i * entryBytes);
    return { xid: bytes.readUInt32BE(0), offset: bytes.readDoubleBE(4) };
  }

  async function undo(xid: number): Promise<number | null> {
    if (last === null || isBefore(last, xid)) return null;
    if (inMemory > 0 && isBefore(xids[0] ?? 0, xid)) {
      const first = await firstFrom(inMemory, (i) => xids[i] ?? 0, xid);
      inMemory = first;
      last = xids[first - 1] ?? null;
      return offsets[first] ?? null;
    }
    let found = inMemory > 0 ? (offsets[0] ?? null) : null;
    inMemory = 0;
    const first = await firstFrom(onDisk, async (i) => (await onDiskAt(i)).xid, xid);
    if (first < onDisk) found = (await onDiskAt(first)).offset;
    onDisk = first;
    last = first === 0 ? null : (await onDiskAt(first - 1)).xid;
    return found;
  }

  return {
    undo,
    note(xid, offset) {
      if (xid === last) return null;
      if (last === null || isBefore(last, xid)) return push(xid, offset);
      return undo(xid).then(async (began) => {
        await push(xid, began ?? offset);
      });
    },
    async [Symbol.asyncDispose]() {
      await file?.close();
    },
  };
}

/** Transaction numbers go round. https://www.postgresql.org/docs/current/transaction-id.html */
function isBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** The first of `count` rising numbers that is not before `xid`. */
async function firstFrom(count: number, at: (i: number) => number | Promise<number>, xid: number): Promise<number> {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(await at(middle), xid)) low = middle + 1;
    else high = middle;
  }
  return low;
}
