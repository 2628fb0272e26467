import { must } from '../../../../base/must.ts';
import type { ChangeSink, Position, StagedRows, StagedShape } from '../../../../engine/capture.ts';
import { EngineError } from '../../../../engine/connection.ts';

export type Seen =
  | { readonly kind: 'begin'; readonly position: Position; readonly atMs: number }
  | { readonly kind: 'commit'; readonly position: Position }
  | { readonly kind: 'truncate'; readonly table: number }
  | { readonly kind: 'stop'; readonly table: number; readonly why: string; readonly message: string }
  | {
      readonly kind: 'row';
      readonly table: number;
      readonly op: 'delete' | 'upsert';
      /** Texts by dataset column; null is null. */
      readonly values: Readonly<Record<string, string | null>>;
    };

export type Collector = ChangeSink & {
  readonly seen: Seen[];
  readonly positions: { idle: Position; committed: Position };
  /** Waits until the condition holds, looked at after each call. */
  until(condition: () => boolean): Promise<void>;
  /** While set, `pressure` gives it. */
  blocked: Promise<void> | null;
  /** Wants nothing of the tables it says. */
  unwanted: ReadonlySet<number>;
};

/** A sink in memory that reads the rows back as texts. */
export function collector(): Collector {
  const shapes = new Map<number, StagedShape>();
  const waiting = new Set<() => void>();
  const seen: Seen[] = [];
  const positions = { idle: '', committed: '' };
  const lent = new Map<number, StagedRows>();
  const flush = () => {
    for (const [table, rows] of lent) {
      const shape = must(shapes.get(table), 'shape');
      for (const row of readCsv(rows.buffer.toString('utf8', 0, rows.length))) {
        const [, , op, unchanged, ...values] = row;
        // Of a delete whose row goes on under another key it says so, and is empty.
        if (unchanged !== null && (op !== '0' || unchanged !== '')) throw new Error('an unchanged column');
        const named = shape.columns.map((column, i): [string, string | null] => [column.name, values[i] ?? null]);
        seen.push({ kind: 'row', table, op: op === '0' ? 'delete' : 'upsert', values: Object.fromEntries(named) });
      }
      rows.length = 0;
    }
  };
  const tell = () => {
    for (const look of [...waiting]) look();
  };
  const sink: Collector = {
    seen,
    positions,
    blocked: null,
    unwanted: new Set(),
    until: (condition) =>
      new Promise((resolve) => {
        const look = () => {
          if (!condition()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    shape: (table, shape) => void shapes.set(table, shape),
    begin: (position, atMs) => void seen.push({ kind: 'begin', position, atMs }),
    change(table) {
      flush();
      if (sink.unwanted.has(table)) return null;
      // Smaller than any row: that there is always room is the reader's care.
      const rows = { buffer: Buffer.alloc(1), length: 0, rows: 0, ordinal: 7n, sequence: 0, hasUnchanged: false };
      lent.set(table, rows);
      return rows;
    },
    truncate(table) {
      flush();
      seen.push({ kind: 'truncate', table });
    },
    commit(position) {
      flush();
      positions.committed = position;
      seen.push({ kind: 'commit', position });
      tell();
    },
    idle(position) {
      if (position > positions.idle) positions.idle = position;
      tell();
    },
    stop(table, why) {
      flush();
      seen.push({
        kind: 'stop',
        table,
        why: 'cause' in why && !(why instanceof EngineError) ? String(why.cause) : 'error',
        message: why.message,
      });
      tell();
      return true;
    },
    pressure: () => sink.blocked,
  };
  return sink;
}

/** Rows of csv as the transport writes them. */
export function readCsv(text: string): (string | null)[][] {
  const rows: (string | null)[][] = [];
  let row: (string | null)[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))([,\n])/gsu)) {
    row.push(quoted === undefined ? (plain === '' ? null : (plain ?? null)) : quoted.replaceAll('""', '"'));
    if (end === '\n') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}
