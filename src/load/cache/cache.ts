import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Chunk } from '../chunk.ts';
import type { RootResult } from '../root.ts';
import { type Entry, readSegment, type Segment, writeSegment } from './segment.ts';
import { keepValue, readValue } from './value.ts';

/**
 * What roots came to, kept from run to run in a directory that only trusted runs write: whoever can write there can say
 * what a model is. Entries are found by all that they were made from, so that a model comes to the same with and without.
 *
 * The directory holds segments, each whole and never changed: a run reads all of them and adds one with what it had to
 * make. What cannot be read, or does not say of itself what it should, is not there. Two runs at once only add.
 */
export type Cache = {
  readonly open: (key: string) => Promise<OpenCache>;
  /** A value of JSON that was kept under a key, which is a digest; null: none is. */
  readonly value: <T>(key: string) => Promise<T | null>;
  readonly keepValue: (key: string, value: unknown) => Promise<void>;
};

export type OpenCache = {
  /** Null: it was never made from these. `digestOf`: of a file of the model as it is now; null: there is none. */
  readonly find: (file: string, now: Now) => RootResult | null;
  /** A chunk of that digest, whatever it was made from: what an object was in a former run. */
  readonly former: (digest: string) => Chunk | null;
  /** Keeps what was made now; what was found and is not worth reading again goes. */
  readonly keep: (made: readonly Made[], now: Now) => Promise<void>;
};

/** The model's files. `names`: digest of what they are all called, on which findings may rest. */
export type Now = { readonly digestOf: (file: string) => string | null; readonly names: string };

export type Made = { readonly file: string; readonly result: RootResult };

export const noCache: Cache = {
  open: async () => ({ find: () => null, former: () => null, keep: async () => {} }),
  value: async () => null,
  keepValue: async () => {},
};

/** More than these are made into one. */
const mostSegments = 8;

/** `key`: of everything but files that results depend on: programs, language, limits. */
export function cacheIn(directory: string): Cache {
  return {
    value: (key) => readValue(join(directory, 'values'), key),
    keepValue: (key, value) => keepValue(join(directory, 'values'), key, value),
    open: async (key) => {
      const own = join(directory, key.slice(0, 32));
      const segments = await segmentsIn(own, key);
      const entries = new Map<string, Entry[]>();
      for (const { entries: some } of segments)
        for (const entry of some) entries.set(entry.file, [...(entries.get(entry.file) ?? []), entry]);
      const found: Entry[] = [];
      let chunks: ReadonlyMap<string, Chunk> | null = null;
      return {
        find: (file, now) => {
          const entry = entries.get(file)?.find((one) => holds(one, now));
          if (entry === undefined) return null;
          found.push(entry);
          return entry.result;
        },
        former: (digest) => {
          chunks ??= new Map(
            segments.flatMap((one) =>
              one.entries.flatMap(({ result }) => result.chunks.map((chunk) => [chunk.digest, chunk])),
            ),
          );
          return chunks.get(digest) ?? null;
        },
        keep: async (made, now) => {
          const isCrowded = segments.length >= mostSegments;
          const fresh = made.flatMap(({ file, result }) => entryOf(file, result, now) ?? []);
          if (fresh.length === 0 && !isCrowded) return;
          try {
            await mkdir(own, { recursive: true });
            const draft = join(own, `${process.pid}-${randomUUID()}.draft`);
            const digest = await writeSegment(draft, key, isCrowded ? [...found, ...fresh] : fresh);
            await rename(draft, join(own, `${digest.slice(0, 32)}.segment`));
            if (isCrowded) for (const { path } of segments) await rm(path, { force: true });
          } catch {
            // Nowhere to keep it: the next run makes it again.
          }
        },
      };
    },
  };
}

async function segmentsIn(directory: string, key: string): Promise<(Segment & { readonly path: string })[]> {
  const names = await readdir(directory).catch(() => []);
  const read = names
    .filter((name) => name.endsWith('.segment'))
    .sort()
    .map(async (name) => {
      const path = join(directory, name);
      const bytes = await readFile(path).catch(() => null);
      const segment = bytes === null ? null : readSegment(bytes, key);
      return segment === null ? [] : [{ ...segment, path }];
    });
  await removeDrafts(directory, names);
  return (await Promise.all(read)).flat();
}

/** What a run that was cut left behind. */
async function removeDrafts(directory: string, names: readonly string[]): Promise<void> {
  for (const name of names.filter((one) => one.endsWith('.draft'))) {
    const path = join(directory, name);
    const made = await stat(path).catch(() => null);
    if (made !== null && Date.now() - made.mtimeMs > hourMs) await rm(path, { force: true }).catch(() => {});
  }
}

const hourMs = 3_600_000;

function holds({ reads, names }: Entry, now: Now): boolean {
  return (names === null || names === now.names) && reads.every(([file, digest]) => now.digestOf(file) === digest);
}

function entryOf(file: string, result: RootResult, now: Now): Entry | null {
  // Whether a machine was too slow is not known of the file.
  if (result.findings.some(({ rule }) => rule === 'could-not-judge')) return null;
  const reads = result.reads.map((one) => [one, now.digestOf(one)] as const);
  // A finding may name what is near, or miss what is not there.
  return { file, reads, names: result.findings.length === 0 ? null : now.names, result };
}
