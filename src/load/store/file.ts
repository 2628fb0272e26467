import { createHash, randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { endianness } from 'node:os';
import { dirname } from 'node:path';
import { digestText } from '../../base/digest.ts';
import { recent } from '../recent.ts';
import { lowerBound, pairsFrom, rangeOf } from './pairs.ts';

/**
 * A large file that is read by the piece. It holds *records*, by number, and *links*, text -> numbers of records; a link
 * is kept as a short hash, so what it leads to says itself whether it was meant.
 *
 * Layout: a head of fixed length; bytes of records, one after another; where each is, with its digest; the sorted links.
 * The last two are read in blocks, whose digests stand behind them. The head says its own digest and that of the digests,
 * so that each piece is known to be what was written before it is believed.
 */
type Head = {
  readonly freehold: typeof form;
  readonly key: string;
  readonly records: number;
  readonly links: number;
  /** Where the list of records begins; links follow. */
  readonly tail: number;
  /** Of the digests of blocks. */
  readonly blocks: string;
};

/** Links are numbers as the machine has them. */
const form = `store 1 ${endianness()}` as const;
const headLength = 1024;
/** Where a record is: six bytes; how long: four; the beginning of its digest. */
const placeLength = 32;
const linkLength = 8;
const blockLength = 8 * 1024;
const blockDigestLength = 16;

/** A store that does not say what it was made to say: nothing of it is believed. */
export class StoreBroken extends Error {
  override name = 'StoreBroken';
}

export type StoreWriter = {
  /** A record's number. */
  put(text: string | Buffer): Promise<number>;
  link(from: string, to: number): void;
};

/** Writes a new file and puts it in place when it is whole: whoever reads meanwhile reads the former. */
export async function writeStore(
  path: string,
  key: string,
  fill: (writer: StoreWriter) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}-${randomUUID()}.draft`;
  const file = await open(draft, 'wx');
  try {
    let waiting: Buffer[] = [];
    let [at, written] = [headLength, headLength];
    const flush = async () => {
      const bytes = Buffer.concat(waiting);
      waiting = [];
      await file.write(bytes, 0, bytes.length, written);
      written += bytes.length;
    };
    const write = async (bytes: Buffer) => {
      waiting.push(bytes);
      at += bytes.length;
      if (at - written > piece) await flush();
    };
    let places = Buffer.alloc(piece);
    let records = 0;
    const links = pairsFrom();
    await fill({
      put: async (text) => {
        const bytes = typeof text === 'string' ? Buffer.from(text) : text;
        if ((records + 1) * placeLength > places.length) places = Buffer.concat([places, Buffer.alloc(places.length)]);
        const place = records * placeLength;
        places.writeUIntLE(at, place, 6);
        places.writeUInt32LE(bytes.length, place + 6);
        digestOf(bytes).copy(places, place + 10, 0, placeLength - 10);
        await write(bytes);
        return records++;
      },
      link: (from, to) => links.add(from, to),
    });
    const tail = at;
    const linked = links.sorted();
    const whole = [places.subarray(0, records * placeLength), linked];
    const digests = whole.flatMap((section) =>
      blocksOf(section).map((block) => digestOf(block).subarray(0, blockDigestLength)),
    );
    const index = Buffer.concat([...digests, ...blocksOf(linked).map((block) => block.subarray(0, linkLength))]);
    for (const section of [...whole, index]) await write(section);
    await flush();
    const blocks = digestOf(index).toString('hex');
    const head: Head = { freehold: form, key, records, links: linked.length / linkLength, tail, blocks };
    const text = JSON.stringify(head);
    await file.write(`${digestText(text)} ${text}`.padEnd(headLength - 1).concat('\n'), 0);
    await file.close();
    await rename(draft, path);
  } catch (error) {
    await file.close().catch(() => {});
    await rm(draft, { force: true });
    throw error;
  }
}

const piece = 1024 * 1024;

function blocksOf(section: Buffer): Buffer[] {
  const starts = Array.from({ length: Math.ceil(section.length / blockLength) }, (_, index) => index * blockLength);
  return starts.map((start) => section.subarray(start, start + blockLength));
}

export type StoreFile = Disposable & {
  readonly record: (number: number) => Buffer;
  /** Records that a text may lead to, by number: all that it does, and seldom another. */
  readonly linked: (from: string) => readonly number[];
};

/** Null where there is no such file or it is of another key. Errors, then and later: StoreBroken. */
export function openStoreFile(path: string, key: string): StoreFile | null {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    return storeFile(fd, key);
  } catch (error) {
    closeSync(fd);
    if (error instanceof StoreBroken) throw error;
    return null;
  }
}

function storeFile(fd: number, key: string): StoreFile {
  const head = headOf(readAt(fd, 0, headLength));
  if (head.key !== key) throw new StoreBroken('it was made of something else');
  const placesLength = head.records * placeLength;
  const linksLength = head.links * linkLength;
  const placeBlocks = Math.ceil(placesLength / blockLength);
  const linkBlocks = Math.ceil(linksLength / blockLength);
  const digestsLength = (placeBlocks + linkBlocks) * blockDigestLength;
  const index = readAt(fd, head.tail + placesLength + linksLength, digestsLength + linkBlocks * linkLength);
  if (digestOf(index).toString('hex') !== head.blocks) throw new StoreBroken('its list of blocks was changed');
  const digests = index.subarray(0, digestsLength);
  const firsts = numbersIn(index.subarray(digestsLength));
  const known = recent<Buffer>(keptBlocks, () => 1);
  const blockAt = (start: number, end: number, digestAt: number): Buffer => {
    const name = String(start);
    const held = known.get(name);
    if (held !== null) return held;
    const bytes = readAt(fd, start, Math.min(blockLength, end - start));
    if (
      !digestOf(bytes)
        .subarray(0, blockDigestLength)
        .equals(digests.subarray(digestAt, digestAt + blockDigestLength))
    )
      throw new StoreBroken('a block of it was changed');
    known.set(name, bytes);
    return bytes;
  };
  const placeBlock = (block: number) =>
    blockAt(head.tail + block * blockLength, head.tail + placesLength, block * blockDigestLength);
  const linkBlock = (block: number) => {
    const start = head.tail + placesLength;
    return blockAt(start + block * blockLength, start + linksLength, (placeBlocks + block) * blockDigestLength);
  };
  return {
    record: (number) => {
      if (number >= head.records) throw new StoreBroken('a record is missing');
      const offset = number * placeLength;
      const block = placeBlock(Math.floor(offset / blockLength));
      const place = block.subarray(offset % blockLength, (offset % blockLength) + placeLength);
      const bytes = readAt(fd, place.readUIntLE(0, 6), place.readUInt32LE(6));
      if (
        !digestOf(bytes)
          .subarray(0, placeLength - 10)
          .equals(place.subarray(10))
      )
        throw new StoreBroken('a record was changed');
      return bytes;
    },
    linked: (from) => {
      const [least, most] = rangeOf(from);
      let block = Math.max(0, lowerBound(firsts, least) - 1);
      const found: number[] = [];
      for (; block < linkBlocks && (firsts[block] ?? 0n) <= most; block++) {
        const links = numbersIn(linkBlock(block));
        for (let i = lowerBound(links, least); i < links.length; i++) {
          const link = links[i] ?? 0n;
          if (link > most) return found;
          found.push(Number(link & 0xffffffn));
        }
      }
      return found;
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}

/** 128 MB at most, where all of a store of a million datasets is asked for. */
const keptBlocks = 16 * 1024;

function headOf(bytes: Buffer): Head {
  const [digest = '', text = ''] = bytes.toString('utf8').trimEnd().split(/ (.*)/s);
  if (digestText(text) !== digest) throw new StoreBroken('its head was changed');
  // Ours, whole: what it holds is what was written.
  const head: Head = JSON.parse(text);
  if (head.freehold !== form) throw new StoreBroken('it is of another form');
  return head;
}

function readAt(fd: number, at: number, length: number): Buffer {
  // Of its own memory, so that numbers in it are aligned.
  const bytes = Buffer.from(new ArrayBuffer(length));
  let read = 0;
  while (read < length) {
    const more = readSync(fd, bytes, read, length - read, at + read);
    if (more === 0) throw new StoreBroken('it ends early');
    read += more;
  }
  return bytes;
}

/** The numbers in bytes that begin at one. */
function numbersIn(bytes: Buffer): BigUint64Array {
  return new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.length / linkLength);
}

function digestOf(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
