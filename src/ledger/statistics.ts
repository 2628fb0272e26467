import { canonicalJson } from '../base/digest.ts';
import { groupedBy } from '../base/group.ts';
import type { Connection, Row } from '../engine/connection.ts';
import type { Finding } from '../findings/finding.ts';
import { list, name, type Sql, sql, value } from '../sql/sql.ts';
import { textOf } from './row.ts';

/** What is known of a node: an index for status and planning. What was applied, the stores alone decide. */
export type Statistics = {
  readonly node: string;
  readonly state: 'running' | 'idle' | 'late' | 'parked' | 'paused' | null;
  readonly ordinal: bigint | null;
  readonly position: string | null;
  /** Rows merged since the first start. */
  readonly mergedRows: number;
  /** Current rows by dataset address. */
  readonly datasetRows: Readonly<Record<string, number>>;
  /** When what is merged was true at the source, ms since 1970. */
  readonly freshAtMs: number | null;
  readonly lastError: string | null;
  readonly finding: Finding | null;
  readonly updatedAtMs: number;
};

/** What there is to say now; what is absent stays as it was. `mergedRows` is added to what was. */
export type Report = Partial<Omit<Statistics, 'node' | 'updatedAtMs'>>;

/** All or none; one statement for those that say the same things of their nodes: of a thousand streams that is one, or a few. */
export async function recordStatistics(c: Connection, reports: ReadonlyMap<string, Report>): Promise<void> {
  const rows = [...reports].map(([node, report]) => ({ node, report, given: givenOf(report) }));
  const alike = groupedBy(rows, ({ given }) => given.map(([column]) => column).join());
  if (rows.length === 0) return;
  await c.transaction(async () => {
    for (const all of alike.values())
      for (let from = 0; from < all.length; from += atOnce) await recordSome(c, all.slice(from, from + atOnce));
  });
}

/** A statement has 65,535 parameters at most. */
const atOnce = 1_000;

type Given = readonly (readonly [string, Sql])[];
type Reported = { readonly node: string; readonly report: Report; readonly given: Given };

async function recordSome(c: Connection, rows: readonly Reported[]): Promise<void> {
  const columns = rows[0]?.given.map(([column]) => column) ?? [];
  const values = rows.map(({ node, report, given }) => {
    const merged = sql`${value(report.mergedRows ?? 0)}::bigint`;
    return sql`(${list([value(node), merged, sql`clock_timestamp()`, ...given.map(([, of]) => of)])})`;
  });
  await c.execute(sql`insert into freehold_ledger.statistics as s
      (${list(['node', 'merged_rows', 'updated_at', ...columns].map((column) => name(column)))})
    values ${list(values)}
    on conflict (node) do update set merged_rows = s.merged_rows + excluded.merged_rows,
      ${list(['updated_at', ...columns].map((column) => sql`${name(column)} = excluded.${name(column)}`))}`);
}

function givenOf(report: Report): Given {
  return [
    ...said('state', report.state),
    ...said(
      'ordinal',
      report.ordinal === undefined ? undefined : report.ordinal === null ? null : String(report.ordinal),
    ),
    ...said('position', report.position),
    ...said('dataset_rows', report.datasetRows === undefined ? undefined : canonicalJson(report.datasetRows)),
    ...said('last_error', report.lastError),
    ...said(
      'finding',
      report.finding === undefined ? undefined : report.finding === null ? null : canonicalJson(report.finding),
    ),
    ...(report.freshAtMs === undefined ? [] : [['fresh_at', freshAt(report.freshAtMs)] as const]),
  ];
}

export async function readStatistics(c: Connection): Promise<readonly Statistics[]> {
  const rows = await c.query(sql`select node, state, ordinal, position, merged_rows, dataset_rows, last_error, finding,
      (extract(epoch from fresh_at) * 1000)::bigint as fresh_ms, (extract(epoch from updated_at) * 1000)::bigint as updated_ms
    from freehold_ledger.statistics order by node collate "C"`);
  return rows.map(statisticsOf);
}

/** Forgets what was last said of nodes, since it may name keys that were erased; what still holds is said again. Idempotent. */
export async function forgetSaid(c: Connection, nodes: readonly string[]): Promise<void> {
  if (nodes.length === 0) return;
  await c.execute(sql`update freehold_ledger.statistics set last_error = null, finding = null
    where node in (${list(nodes.map((node) => value(node)))})`);
}

function said(column: string, of: string | null | undefined): Given {
  return of === undefined ? [] : [[column, sql`${value(of)}`]];
}

function freshAt(ms: number | null): Sql {
  return ms === null ? sql`null` : sql`to_timestamp(${value(ms)}::double precision / 1000)`;
}

const states = ['running', 'idle', 'late', 'parked', 'paused'] as const;

function statisticsOf(row: Row): Statistics {
  const ordinal = textOf(row.ordinal);
  const fresh = textOf(row.fresh_ms);
  // Both were written by us, as JSON of exactly these shapes.
  const datasetRows: Readonly<Record<string, number>> = JSON.parse(textOf(row.dataset_rows) ?? '{}');
  const finding: Finding | null = JSON.parse(textOf(row.finding) ?? 'null');
  return {
    node: String(row.node),
    state: states.find((state) => state === row.state) ?? null,
    ordinal: ordinal === null ? null : BigInt(ordinal),
    position: textOf(row.position),
    mergedRows: Number(row.merged_rows),
    datasetRows,
    freshAtMs: fresh === null ? null : Number(fresh),
    lastError: textOf(row.last_error),
    finding,
    updatedAtMs: Number(row.updated_ms),
  };
}
