/**
 * How far a load has come, for whoever waits for it. What is read is counted; what there is to read (`of…`), the rate and
 * the time left are *estimates*, from the source's statistics and the parts that were read last.
 */
export type LoadProgress = {
  /** reading: parts are left. converging: all are in, and the log is followed to the last view's position. */
  readonly phase: 'reading' | 'converging';
  readonly datasets: readonly DatasetProgress[];
  /** Null until there are parts to tell by. */
  readonly bytesPerS: number | null;
  /** Until all parts are in; null where nobody can say. */
  readonly leftMs: number | null;
};

/** `bytes`: of the source's tables, as large as they are there. `ofRows`: null where the source has not counted. */
export type DatasetProgress = {
  readonly address: string;
  readonly rows: number;
  readonly ofRows: number | null;
  readonly bytes: number;
  readonly ofBytes: number;
};

type Part = {
  readonly bytes: number;
  readonly estimated: number | null;
  readonly rows: number;
  /** When its rows were committed, ms since 1970; null: not yet. */
  readonly readMs: number | null;
};

/** The rate is that of so many parts at most, between which nothing stood still for longer than this. */
const partsTold = 20;
const stillMs = 300_000;

export function progressOf(
  tables: readonly { readonly address: string; readonly parts: readonly Part[] }[],
  isConverging: boolean,
): LoadProgress {
  const datasets = tables.map(({ address, parts }): DatasetProgress => {
    const read = parts.filter(({ readMs }) => readMs !== null);
    const rows = sum(read, (part) => part.rows);
    const isCounted = parts.every(({ estimated }) => estimated !== null);
    // What is left by the statistics, behind what was counted: an estimate that is never less than what is here.
    const left = sum(parts, (part) => (part.readMs === null ? (part.estimated ?? 0) : 0));
    return {
      address,
      rows,
      ofRows: isCounted ? Math.round(rows + left) : null,
      bytes: Math.round(sum(read, (part) => part.bytes)),
      ofBytes: Math.round(sum(parts, (part) => part.bytes)),
    };
  });
  const bytesPerS = rateOf(tables.flatMap(({ parts }) => parts));
  const leftBytes = sum(datasets, (one) => one.ofBytes - one.bytes);
  return {
    phase: isConverging ? 'converging' : 'reading',
    datasets,
    bytesPerS,
    leftMs:
      isConverging || leftBytes === 0 ? 0 : bytesPerS === null ? null : Math.round((leftBytes / bytesPerS) * 1000),
  };
}

function rateOf(parts: readonly Part[]): number | null {
  const newest = parts
    .flatMap(({ readMs, bytes }) => (readMs === null ? [] : [{ readMs, bytes }]))
    .toSorted((a, b) => b.readMs - a.readMs)
    .slice(0, partsTold);
  const still = newest.findIndex(({ readMs }, i) => i > 0 && (newest[i - 1]?.readMs ?? 0) - readMs > stillMs);
  const told = still === -1 ? newest : newest.slice(0, still);
  const [last, first] = [told[0], told.at(-1)];
  if (last === undefined || first === undefined || last.readMs <= first.readMs) return null;
  const bytes = sum(told.slice(0, -1), (part) => part.bytes);
  return bytes === 0 ? null : (bytes * 1000) / (last.readMs - first.readMs);
}

function sum<T>(of: readonly T[], what: (one: T) => number): number {
  return of.reduce((total, one) => total + what(one), 0);
}
