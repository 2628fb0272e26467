import { must } from '../../../../base/must.ts';
import type { ChangeSink, Position, StagedRows, StagedShape } from '../../../../engine/capture.ts';
import { EngineError } from '../../../../engine/connection.ts';

export type Seen =
  | { readonly kind: 'begin' | 'commit'; readonly position: Position }
  | { readonly kind: 'truncate'; readonly table: number }
  | { readonly kind: 'stop'; readonly table: number; readonly why: string }
  | { readonly kind: 'shape'; readonly table: number; readonly wires: readonly string[] }
  | {
      readonly kind: 'row';
      readonly table: number;
      readonly op: 'delete' | 'upsert';
      /** Values by dataset column: number, text, null, or undefined where it was left as it was. */
      readonly values: Readonly<Record<string, unknown>>;
    };

export type Collector = ChangeSink & {
  readonly seen: Seen[];
  readonly positions: { idle: Position; committed: Position };
  /** Waits until the condition holds, looked at after each call. */
  until(condition: () => boolean): Promise<void>;
  /** While set, `pressure` gives it. */
  blocked: Promise<void> | null;
};

/** A sink in memory that reads the rows back as values. */
export function collector(): Collector {
  const shapes = new Map<number, StagedShape>();
  const lent = new Map<number, StagedRows>();
  const waiting = new Set<() => void>();
  const seen: Seen[] = [];
  const positions = { idle: '', committed: '' };

  function flush(): void {
    for (const [table, rows] of lent) {
      for (const row of readRows(rows.buffer.subarray(0, rows.length), must(shapes.get(table), 'shape'))) {
        seen.push({ kind: 'row', table, ...row });
      }
      rows.length = 0;
      rows.rows = 0;
    }
  }
  const tell = () => {
    for (const look of [...waiting]) look();
  };

  const sink: Collector = {
    seen,
    positions,
    blocked: null,
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
    shape(table, shape) {
      flush();
      shapes.set(table, shape);
      seen.push({ kind: 'shape', table, wires: shape.columns.map((c) => c.wire) });
    },
    begin: (position) => void seen.push({ kind: 'begin', position }),
    change(table) {
      flush();
      const rows = lent.get(table) ?? newRows();
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
      seen.push({ kind: 'stop', table, why: why instanceof EngineError ? why.message : why.cause });
      tell();
      return true;
    },
    pressure: () => sink.blocked,
  };
  return sink;
}

function newRows(): StagedRows {
  return { buffer: Buffer.alloc(16), length: 0, rows: 0, ordinal: 7n, sequence: 0, hasUnchanged: false };
}

function* readRows(bytes: Buffer, shape: StagedShape) {
  for (let at = 0; at < bytes.length; ) {
    const fields: (Buffer | null)[] = [];
    const count = bytes.readUInt16BE(at);
    at += 2;
    for (let i = 0; i < count; i++) {
      const size = bytes.readInt32BE(at);
      at += 4;
      fields.push(size < 0 ? null : bytes.subarray(at, at + size));
      at += Math.max(size, 0);
    }
    const [, , op, unchanged, ...values] = fields;
    yield {
      op: op?.readUInt16BE(0) === 0 ? ('delete' as const) : ('upsert' as const),
      values: Object.fromEntries(
        shape.columns.map((column, i) => {
          // Of a delete whose row goes on under another key it says so, and is empty.
          const bits = unchanged == null || unchanged.length === 0 ? 0 : must(unchanged[i >> 3], 'bits');
          const isUnchanged = (bits & (0x80 >> (i & 7))) !== 0;
          return [column.name, isUnchanged ? undefined : readValue(column.wire, values[i] ?? null)];
        }),
      ),
    };
  }
}

function readValue(wire: string, bytes: Buffer | null): unknown {
  if (bytes === null) return null;
  if (wire === 'integer') return bytes.readInt32BE(0);
  if (wire === 'bigint') return String(bytes.readBigInt64BE(0));
  return bytes.toString('utf8');
}
