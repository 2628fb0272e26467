import { must } from '../../src/base/must.ts';
import type { StreamDataset, StreamNode } from '../../src/plan/plan.ts';

/**
 * What a store must hold, as simply as it can be said: a map of rows by key, and a list of closed versions. Values are
 * canonical texts or null. Rows of a dataset without key are a list.
 */
export type Row = Readonly<Record<string, string | null>>;

export type Working = Map<string, Map<string, Row>>;

export type Reference = {
  /** Rows by key text, by dataset name, as the source's last commit left them. */
  readonly rows: Working;
  /** Starts a transaction: rows to be changed, and which datasets were touched. */
  begin(): Transaction;
  commit(transaction: Transaction): void;
  /** A dataset joins its stream: its rows, as they are, are a step of their own. */
  join(stream: string, dataset: string): void;
  /** The lines that the tables must give: values, from, and to for closed versions. */
  lines(dataset: StreamDataset): { readonly current: readonly string[]; readonly history: readonly string[] };
  ordinal(stream: string): bigint;
};

export type Transaction = { rows: Working; touched: Set<string> };

export function copyOf(transaction: Transaction): Transaction {
  return {
    rows: new Map([...transaction.rows].map(([name, rows]) => [name, new Map(rows)])),
    touched: new Set(transaction.touched),
  };
}

export function reference(streams: readonly StreamNode[], initial: Working): Reference {
  const ordinals = new Map(streams.map((stream) => [stream.stream, 1n]));
  const names = streams.flatMap((stream) => stream.datasets.map((dataset) => dataset.name));
  let rows: Working = new Map(names.map((name) => [name, new Map(initial.get(name))]));
  const from = new Map(names.map((name) => [name, new Map([...(initial.get(name) ?? [])].map(([key]) => [key, 1n]))]));
  const closed = new Map<string, { row: Row; from: bigint; to: bigint }[]>(names.map((name) => [name, []]));

  return {
    get rows() {
      return rows;
    },
    begin: () => copyOf({ rows, touched: new Set() }),
    commit(transaction) {
      for (const stream of streams) {
        // A step for each transaction with a change of the stream, whether or not the change changed anything.
        if (!stream.datasets.some((dataset) => transaction.touched.has(dataset.name))) continue;
        const ordinal = must(ordinals.get(stream.stream), 'ordinal') + 1n;
        ordinals.set(stream.stream, ordinal);
        for (const { name } of stream.datasets) {
          const before = must(rows.get(name), name);
          const after = must(transaction.rows.get(name), name);
          const since = must(from.get(name), name);
          for (const key of new Set([...before.keys(), ...after.keys()])) {
            const was = before.get(key);
            const is = after.get(key);
            if (was !== undefined && is !== undefined && isEqual(was, is)) continue;
            if (was !== undefined) {
              closed.get(name)?.push({ row: was, from: must(since.get(key), key), to: ordinal });
              since.delete(key);
            }
            if (is !== undefined) since.set(key, ordinal);
          }
        }
      }
      rows = transaction.rows;
    },
    join(stream, dataset) {
      const ordinal = must(ordinals.get(stream), stream) + 1n;
      ordinals.set(stream, ordinal);
      from.set(dataset, new Map([...must(rows.get(dataset), dataset).keys()].map((key) => [key, ordinal])));
    },
    lines(dataset) {
      const line = (row: Row, ...validity: readonly bigint[]) =>
        [...dataset.columns.map((column) => row[column.name] ?? '~'), ...validity.map(String)].join('|');
      const since = must(from.get(dataset.name), dataset.name);
      return {
        current: [...must(rows.get(dataset.name), dataset.name)]
          .map(([key, row]) => line(row, must(since.get(key), key)))
          .sort(),
        history: must(closed.get(dataset.name), dataset.name)
          .map((version) => line(version.row, version.from, version.to))
          .sort(),
      };
    },
    ordinal: (stream) => must(ordinals.get(stream), stream),
  };
}

function isEqual(a: Row, b: Row): boolean {
  return Object.keys(a).every((column) => a[column] === b[column]);
}
