import { must } from '../../../base/must.ts';
import type { Capture } from '../../../engine/capture.ts';
import type { Connection } from '../../../engine/connection.ts';
import type { Finding } from '../../../findings/finding.ts';
import type { StreamDataset, StreamNode, TableColumn, Watermark } from '../../../plan/plan.ts';
import { literal, name, type Sql, sql } from '../../../sql/sql.ts';
import { typeText } from '../../../types/text.ts';
import { applySettings } from '../../bookkeeping.ts';
import { advance, type Checkpoint } from '../../checkpoint.ts';
import { closeStaging, openStaging, type Staging, wholeShape } from '../../merge/staging.ts';
import { inOneView } from '../../view.ts';
import { type Scope, stageDifferences, stageGone, wholeTable } from '../difference.ts';
import { hold } from '../held/hold.ts';
import { forgetHeld, type Held, readHeld } from '../held/records.ts';
import type { More } from '../lanes.ts';
import { loadFirst } from '../load.ts';
import { mergeReads, type ReadOutcome } from '../merge-reads.ts';
import { answerOf, askBeside, nothingRemembered, type ReadMemory, statementOf } from '../quiet.ts';
import { dropRead, type ReadRows, readColumns, readRows } from '../read-rows.ts';
import { usualTerms } from '../snapshot.ts';
import { unclearKey } from '../unclear-key.ts';
import { behind, withoutMark } from './findings.ts';
import { boundBelow, sortable } from './mark.ts';
import { type Mark, readMarks, writeMark } from './marks.ts';
import { markOf } from './reached.ts';
import { fetchLate } from './sweep.ts';

/**
 * Reads of each dataset of a stream, in one view of the source, the rows from its bound on, and those without a watermark,
 * and merges what differs as one ordinal. What such a read cannot see: what a row was between two reads, a change that
 * does not make its watermark greater, and, between two sweeps, deletes. `atMs`: the time of the read.
 *
 * All rows are read where nothing says from where on: the first time, when the column or its type became another, and
 * when none is found from the bound on, so that the source seems to have gone back.
 */
export async function readWatermark(
  source: Connection,
  capture: Capture,
  store: Connection,
  node: StreamNode,
  held: Checkpoint,
  atMs: number,
  options: { readonly memory?: ReadMemory; readonly more?: More } = {},
): Promise<ReadOutcome> {
  const { memory = nothingRemembered() } = options;
  if (held.ordinal === 0n) {
    const loading = await loadFirst({ source, store }, capture, node, held, atMs, options.more ?? null);
    const { findings, noted } = await noteLoaded(store, node, loading.held, atMs);
    return { kind: 'loaded', held: noted, rows: loading.rows, changes: {}, findings };
  }
  const terms = node.reading ?? usualTerms;
  const { maxDeleted } = terms;
  const sweepMs = terms.kind === 'watermark' ? terms.sweepMs : null;
  const marks = await readMarks(store, held.stream);
  const beside = await askBeside(source, memory);
  const reads: DatasetRead[] = [];
  const temporary: string[] = [];
  const staged: Staging[] = [];
  try {
    const quiet = await inOneView(source, async () => {
      for (const dataset of node.datasets) {
        const from = beginning(dataset, marks.get(dataset.address) ?? null, sweepMs, atMs);
        const read = await readDataset(source, capture, store, from);
        reads.push(read);
        temporary.push(read.rows.table, ...(read.keys === null ? [] : [read.keys.table]));
      }
      if (beside === null) return null;
      const looked = reads.map(({ dataset, by, bound }) => ({
        dataset,
        where: bound === null ? null : fromBound(source, by, bound),
      }));
      const statement = statementOf(capture, beside, looked);
      return { statement, answer: await answerOf(source, statement) };
    });
    const rows = Object.fromEntries(reads.map((read) => [read.dataset.address, read.rows.rows]));
    const notices = reads.flatMap((read) => read.findings);
    const before = await readHeld(store, held.stream);
    const holding: Finding[] = [];
    const reached: Mark[] = [];
    for (const read of reads) {
      const unclear = await unclearKey(store, read.rows);
      if (unclear !== null) holding.push(unclear);
      else {
        const old = before.get(read.dataset.address) ?? null;
        const terms = { stream: held.stream, ordinal: held.ordinal + 1n, most: maxDeleted, atMs };
        holding.push(...(await stage(store, read, old, terms, staged)));
      }
      const { mark, findings } = await markOf(store, read.dataset, read.by, sql`${name(read.rows.table)}`, atMs);
      notices.push(...findings);
      reached.push(markAfter(read, mark, atMs));
    }
    if (holding.length > 0) return { kind: 'held', held, rows, changes: {}, findings: holding };
    // Only a sweep sees what was held.
    const spent = reads.filter(({ dataset, isSwept }) => isSwept && before.has(dataset.address));
    const hasMoved = reads.some((read, i) => isOther(read.old, must(reached[i], 'mark')));
    const merged = await mergeReads(store, {
      node,
      held,
      atMs,
      position: positionOf(reached),
      staged,
      hasNotes: hasMoved || spent.length > 0,
      async within() {
        for (const { dataset } of spent) await forgetHeld(store, dataset.address);
        for (const [i, { dataset }] of reads.entries())
          await writeMark(store, held.stream, dataset.address, must(reached[i], 'mark'));
        return true;
      },
    });
    const done = must(merged, 'a merge that nothing undoes');
    memory.wasUnchanged = done.kind === 'unchanged';
    // A bound that moves is another statement; a notice is told each time.
    if (done.kind === 'unchanged' && !hasMoved && quiet !== null && notices.length === 0)
      memory.quiet = { ...quiet, untilMs: nextSweepMs(reads, sweepMs, atMs) };
    return { ...done, rows, findings: notices };
  } finally {
    for (const staging of staged) await closeStaging(store, staging);
    for (const table of temporary) await dropRead(store, table);
  }
}

/** Where the reading of a dataset begins. */
type Beginning = {
  readonly dataset: StreamDataset;
  readonly watermark: Watermark;
  readonly by: TableColumn;
  readonly old: Mark | null;
  /** Null: with all rows. */
  readonly bound: string | null;
  readonly isSwept: boolean;
};

type DatasetRead = Beginning & {
  readonly rows: ReadRows;
  /** All keys with their watermarks, where they are compared and the rows are not all. */
  readonly keys: ReadRows | null;
  readonly findings: readonly Finding[];
};

function beginning(dataset: StreamDataset, old: Mark | null, sweepMs: number | null, atMs: number): Beginning {
  const watermark = must(dataset.watermark, `watermark of '${dataset.address}'`);
  const by = columnOf(dataset, watermark);
  const isSame = old !== null && old.column === by.name && old.type === typeText(by.type);
  const bound = isSame && old.mark !== null ? boundBelow(old.mark, by.type, watermark.late) : null;
  const isDue = sweepMs !== null && atMs - (old?.sweptAtMs ?? 0) >= sweepMs;
  return { dataset, watermark, by, old, bound, isSwept: isDue && dataset.key.length > 0 };
}

async function readDataset(
  source: Connection,
  capture: Capture,
  store: Connection,
  from: Beginning,
): Promise<DatasetRead> {
  const { dataset, by, bound, isSwept } = from;
  const rows = await readRows(source, capture, store, dataset, bound === null ? null : fromBound(source, by, bound));
  if (bound === null) return { ...from, rows, keys: null, findings: [] };
  if (!(await hasMark(store, rows, by))) {
    const all = await readRows(source, capture, store, dataset, null);
    const findings = (await hasMark(store, all, by)) ? [behind(dataset, by, must(from.old?.mark, 'mark'))] : [];
    return { ...from, bound: null, rows: all, keys: null, findings };
  }
  const missing = by.nullable ? null : await withoutMark(store, rows, by);
  const findings = missing === null ? [] : [missing];
  if (!isSwept) return { ...from, rows, keys: null, findings };
  const wanted = dataset.columns.filter((column) => column.name === by.name || dataset.key.includes(column.name));
  const keys = await readColumns(source, capture, store, dataset, wanted);
  const late = await fetchLate(source, capture, store, { rows, keys, by, watermark: from.watermark });
  if (late === 'too many') {
    const all = await readRows(source, capture, store, dataset, null);
    return { ...from, bound: null, rows: all, keys, findings };
  }
  return { ...from, rows: late.rows, keys, findings: [...findings, ...late.findings] };
}

/** Rows from the bound on, and those that have no watermark. The column as it is, so that its index is of use. */
function fromBound(source: Connection, by: TableColumn, bound: string): Sql {
  const column = name(by.from);
  return sql`(${column} >= ${source.types.fromTransport(by.type, sql`${literal(bound)}`)} or ${column} is null)`;
}

async function hasMark(store: Connection, { table, erased }: ReadRows, by: TableColumn): Promise<boolean> {
  // A row that was erased here may be the newest there.
  if (erased > 0) return true;
  const found = await store.query(sql`select 1 from ${name(table)} where ${name(by.name)} is not null limit 1`);
  return found.length > 0;
}

/** More rows than these are compared by reading the whole table once, not by its key. */
const fewRows = 50_000;

type StageTerms = { readonly stream: string; readonly ordinal: bigint; readonly most: number; readonly atMs: number };

/** Stages what differs; findings hold the read back. */
async function stage(
  store: Connection,
  read: DatasetRead,
  before: Held | null,
  { stream, ordinal, most, atMs }: StageTerms,
  staged: Staging[],
): Promise<readonly Finding[]> {
  const { dataset, rows, keys, by, bound, isSwept } = read;
  if (rows.rows === 0 && !isSwept) return [];
  const staging = await openStaging(store, dataset, wholeShape(store, dataset.columns, 'text'));
  staged.push(staging);
  const { mergeSettings, bulkSettings } = store.dialect;
  const differences = await store.transaction(async () => {
    await applySettings(store, bound === null || rows.rows > fewRows ? bulkSettings : mergeSettings);
    await store.execute(sql`analyze ${name(rows.table)}`);
    const scope = bound === null && isSwept ? wholeTable : scopeOf(store, dataset, by, bound);
    return stageDifferences(store, dataset, rows.table, staging, ordinal, scope);
  });
  if (!isSwept) return [];
  const gone =
    keys === null || bound === null
      ? differences
      : await store.transaction(async () => {
          await applySettings(store, bulkSettings);
          await store.execute(sql`analyze ${name(keys.table)}`);
          return stageGone(store, dataset, keys.table, staging, ordinal);
        });
  const deletes = { deleted: gone.deleted, stored: gone.stored, read: (keys ?? rows).rows, most };
  const found = await hold(store, stream, { dataset, staged: staging.table, deletes }, before, atMs);
  return found === null ? [] : [found];
}

/** Rows without key are compared with those from the same bound on; of rows with keys only those that were read. */
function scopeOf(store: Connection, dataset: StreamDataset, by: TableColumn, bound: string | null): Scope {
  if (dataset.key.length > 0 || bound === null) return { of: null, sees: 'rows' };
  const column = sql`c.${name(by.name)}`;
  const at = store.types.fromTransport(by.type, sql`${literal(bound)}`);
  return { of: sql`(${column} >= ${at} or ${column} is null)`, sees: 'rows' };
}

function columnOf(dataset: StreamDataset, { column }: Watermark): TableColumn {
  return must(
    dataset.columns.find(({ name: of }) => of === column),
    `column '${column}' of '${dataset.address}'`,
  );
}

function markAfter({ by, old, bound, isSwept }: DatasetRead, mark: string | null, atMs: number): Mark {
  // After a reading of all rows the mark is theirs, though it be lower.
  const before = bound === null ? null : (old?.mark ?? null);
  const isHigher = before === null || (mark !== null && sortable(mark) > sortable(before));
  return {
    column: by.name,
    type: typeText(by.type),
    mark: isHigher ? mark : before,
    sweptAtMs: isSwept ? atMs : (old?.sweptAtMs ?? null),
  };
}

function isOther(old: Mark | null, now: Mark): boolean {
  return (
    old === null ||
    old.mark !== now.mark ||
    old.sweptAtMs !== now.sweptAtMs ||
    old.column !== now.column ||
    old.type !== now.type
  );
}

/** Null: none is due. */
function nextSweepMs(reads: readonly DatasetRead[], sweepMs: number | null, atMs: number): number | null {
  const swept = reads.filter(({ dataset }) => dataset.key.length > 0);
  if (sweepMs === null || swept.length === 0) return null;
  return Math.min(...swept.map(({ old, isSwept }) => (isSwept ? atMs : (old?.sweptAtMs ?? 0)) + sweepMs));
}

/** The stream's: the greatest of its datasets' marks. */
function positionOf(marks: readonly Mark[]): string | null {
  const sorted = marks.flatMap(({ mark }) => (mark === null ? [] : [sortable(mark)])).toSorted();
  return sorted.at(-1) ?? null;
}

/**
 * After an initial load, its marks: one transaction. Cut before it: all rows are read once more, and nothing differs.
 */
async function noteLoaded(store: Connection, node: StreamNode, held: Checkpoint, atMs: number) {
  const findings: Finding[] = [];
  const marks: Mark[] = [];
  for (const dataset of node.datasets) {
    const by = columnOf(dataset, must(dataset.watermark, `watermark of '${dataset.address}'`));
    const reached = await markOf(store, dataset, by, sql`${name(dataset.schema, dataset.current)}`, atMs);
    findings.push(...reached.findings);
    marks.push({ column: by.name, type: typeText(by.type), mark: reached.mark, sweptAtMs: atMs });
  }
  const to = { ordinal: held.ordinal, position: positionOf(marks), identity: held.identity };
  const noted = await store.transaction(async () => {
    const next = await advance(store, held, to);
    for (const [i, dataset] of node.datasets.entries())
      await writeMark(store, held.stream, dataset.address, must(marks[i], 'mark'));
    return next;
  });
  return { noted, findings };
}
