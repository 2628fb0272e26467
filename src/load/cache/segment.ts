import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Finding } from '../../findings/finding.ts';
import type { Chunk } from '../chunk.ts';
import type { RootResult } from '../root.ts';

/** A root's result with what it was made from: each file read, with the digest of its content; null: it was not there. */
export type Entry = {
  readonly file: string;
  readonly reads: readonly (readonly [file: string, digest: string | null])[];
  /** Of the names of all files, where it rests on them. */
  readonly names: string | null;
  readonly result: RootResult;
};

export type Segment = { readonly entries: readonly Entry[] };

/**
 * A segment is a line of JSON (`Head`, padded to a fixed length), texts one after another, and a list in JSON that says
 * where they are. The digest in its head is of everything behind it.
 */
type Head = { readonly freehold: 'segment 1'; readonly key: string; readonly digest: string; readonly list: number };
const headLength = 256;

/** Where a text begins and ends. */
type Range = readonly [from: number, to: number];
type StoredChunk = Omit<Chunk, 'text' | 'places' | 'entries'> & {
  readonly text: Range;
  readonly places: Range;
  readonly entries: Range;
};
type Stored = Omit<Entry, 'result'> & {
  readonly imports: readonly string[];
  readonly isEmpty: boolean;
  readonly findings: readonly Finding[];
  readonly chunks: readonly StoredChunk[];
};

/** Writes a new file, and gives the digest of its content. */
export async function writeSegment(path: string, key: string, entries: readonly Entry[]): Promise<string> {
  const file = await open(path, 'wx');
  try {
    const body = bodyOf(file);
    const list: Stored[] = [];
    for (const { file: name, reads, names, result } of entries) {
      const { imports, isEmpty, findings } = result;
      const chunks: StoredChunk[] = [];
      for (const { text, places, entries: found, ...rest } of result.chunks)
        chunks.push({
          ...rest,
          text: await body.put(text),
          places: await body.put(places),
          entries: await body.put(found),
        });
      list.push({ file: name, reads, names, imports, isEmpty, findings, chunks });
    }
    const [start] = await body.put(JSON.stringify(list));
    const digest = await body.end();
    const head: Head = { freehold: 'segment 1', key, digest, list: start };
    await file.write(`${JSON.stringify(head).padEnd(headLength - 1)}\n`, 0);
    return digest;
  } finally {
    await file.close();
  }
}

/** Texts on their way behind the head, in pieces that are worth a write. */
function bodyOf(file: FileHandle): { put(text: string): Promise<Range>; end(): Promise<string> } {
  const hash = createHash('sha256');
  let at = headLength;
  let written = headLength;
  let waiting: Buffer[] = [];
  const flush = async () => {
    const bytes = Buffer.concat(waiting);
    waiting = [];
    hash.update(bytes);
    await file.write(bytes, 0, bytes.length, written);
    written += bytes.length;
  };
  return {
    put: async (text) => {
      const bytes = Buffer.from(text);
      waiting.push(bytes);
      at += bytes.length;
      if (at - written > piece) await flush();
      return [at - bytes.length, at];
    },
    end: async () => {
      await flush();
      return hash.digest('hex');
    },
  };
}

const piece = 1024 * 1024;

/** Null where the bytes are not a whole segment of this key. Texts are read when asked for. */
export function readSegment(bytes: Buffer, key: string): Segment | null {
  const head: Partial<Head> = parsed(bytes.toString('latin1', 0, headLength)) ?? {};
  if (head.freehold !== 'segment 1' || head.key !== key || typeof head.list !== 'number') return null;
  const digest = createHash('sha256').update(bytes.subarray(headLength)).digest('hex');
  if (digest !== head.digest) return null;
  // Ours, whole: what it holds is what was written.
  const list: readonly Stored[] = JSON.parse(bytes.toString('utf8', head.list));
  const textAt = ([from, to]: Range) => bytes.toString('utf8', from, to);
  return {
    entries: list.map(({ file, reads, names, chunks, ...rest }) => {
      const result: RootResult = {
        ...rest,
        reads: reads.map(([one]) => one),
        chunks: chunks.map(({ text, places, entries, ...chunk }) => ({
          ...chunk,
          get text() {
            return textAt(text);
          },
          get places() {
            return textAt(places);
          },
          get entries() {
            return textAt(entries);
          },
        })),
      };
      return { file, reads, names, result };
    }),
  };
}

function parsed(text: string): Partial<Head> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}
