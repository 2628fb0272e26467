import { type FileHandle, open, rm } from 'node:fs/promises';

/** Bytes of csv that one statement loads: large enough to be fast, small enough to be spooled without care. */
const partBytes = 16 << 20;
/** Small pieces are gathered up to this before they are written. */
const gatherBytes = 1 << 20;
const quote = 0x22;
const newline = 0x0a;

/** A spooled part: whole rows. `longestRow` in bytes, line end included. */
export type Part = { readonly file: string; readonly longestRow: number };

/**
 * Spools rows that arrive as csv into files and loads each when it is full, while the next one fills. Bytes come in any
 * pieces; parts are cut between rows. A file, since DuckDB reads csv from files alone, and a pipe would tie its threads
 * to the pace of the sender.
 */
export type Spool = {
  /** Resolves when more is welcome. Rejects with the failure of the part before. */
  write(bytes: Buffer): Promise<void>;
  /** Loads what is left; the number of rows in all. */
  end(): Promise<number>;
  /** Waits for the part being loaded, and removes the files. Never rejects. */
  close(): Promise<void>;
};

/** `file` is the stem of the spool files' names; `load` takes a part into the table and says how many rows it had. */
export function openSpool(file: string, load: (part: Part) => Promise<number>): Spool {
  const files = [`${file}.0.csv`, `${file}.1.csv`] as const;
  let current: 0 | 1 = 0;
  let handle: FileHandle | null = null;
  let gathered: Buffer[] = [];
  let gatheredLength = 0;
  let length = 0;
  let rowLength = 0;
  let longestRow = 0;
  let isQuoted = false;
  let rows = 0;
  let loading: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | null = null;

  /** The end of the last whole row within the bytes, 0 where there is none; counts as it goes. */
  const scan = (bytes: Buffer): number => {
    let end = 0;
    let rowStart = -rowLength;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i];
      // A doubled quote inside a value leaves and enters it again, which changes nothing.
      if (byte === quote) isQuoted = !isQuoted;
      else if (byte === newline && !isQuoted) {
        end = i + 1;
        if (end - rowStart > longestRow) longestRow = end - rowStart;
        rowStart = end;
      }
    }
    rowLength = bytes.length - rowStart;
    return end;
  };

  const append = async (bytes: Buffer): Promise<void> => {
    gathered.push(bytes);
    gatheredLength += bytes.length;
    length += bytes.length;
    if (gatheredLength >= gatherBytes) await flush();
  };

  const flush = async (): Promise<void> => {
    if (gatheredLength === 0) return;
    handle ??= await open(files[current], 'w', 0o600);
    await handle.writeFile(Buffer.concat(gathered, gatheredLength));
    gathered = [];
    gatheredLength = 0;
  };

  /** Hands the current file to the loader, once the one before is in. */
  const handOver = async (): Promise<void> => {
    await flush();
    if (handle === null) return;
    await handle.close();
    handle = null;
    const part: Part = { file: files[current], longestRow: Math.max(longestRow, rowLength) };
    current = current === 0 ? 1 : 0;
    length = 0;
    longestRow = 0;
    await loading;
    if (failure !== null) throw failure.error;
    loading = load(part).then(
      (loaded) => {
        rows += loaded;
      },
      (error: unknown) => {
        failure = { error };
      },
    );
  };

  return {
    async write(bytes) {
      if (failure !== null) throw failure.error;
      const end = scan(bytes);
      if (length + bytes.length < partBytes || end === 0) return append(bytes);
      await append(bytes.subarray(0, end));
      await handOver();
      await append(bytes.subarray(end));
    },
    async end() {
      await handOver();
      await loading;
      if (failure !== null) throw failure.error;
      return rows;
    },
    async close() {
      await loading;
      await handle?.close().catch(() => undefined);
      handle = null;
      await Promise.all(files.map((each) => rm(each, { force: true }))).catch(() => undefined);
    },
  };
}
