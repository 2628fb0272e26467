import { must } from '../../base/must.ts';
import type { Connection, Row } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import { msText } from '../../plan/demand.ts';
import type { PlannedCheck } from '../../plan/plan.ts';
import { percentText } from '../../plan/reading.ts';
import { list, literal, name, type Sql, sql, words } from '../../sql/sql.ts';
import type { Type } from '../../types/type.ts';
import { applySettings } from '../bookkeeping.ts';
import { readableKey } from '../ranges/side.ts';
import type { KeptTable } from '../tables.ts';
import { fails, isOfRow, ownValue, rowChecks } from './conditions.ts';
import { ChecksFailed } from './failed.ts';
import { datasetStopped } from './findings.ts';
import { keyText } from './quarantine.ts';
import { noteRuns, type Result, type Run, resultsOf } from './results.ts';

/**
 * Judges current rows as they are now, in the transaction that made them so: the checks that need all rows, those that are
 * due. A check is due when it has not run for as long as it says, and each time while it stops its stream. Shares, counts
 * and ages of a dataset are one reading of its current table; `unique` and `refers` are one each.
 *
 * Throws ChecksFailed where one that stops fails. `idle`: nothing was merged, so there is nothing to stop, and only what
 * time alone changes is asked.
 */
export async function judgeDatasets(
  c: Connection,
  datasets: readonly KeptTable[],
  stream: string,
  ordinal: bigint,
  when: 'merged' | 'idle' = 'merged',
): Promise<void> {
  const isAsked = ({ everyMs, test }: PlannedCheck) => everyMs !== null && (when === 'merged' || test.kind === 'fresh');
  const asked = datasets.filter(({ checks = [], isConverging = false }) => !isConverging && checks.some(isAsked));
  if (asked.length === 0) return;
  const known = await resultsOf(
    c,
    asked.map(({ address }) => address),
  );
  const nowMs = await nowOf(c);
  const runs: Run[] = [];
  const findings: Finding[] = [];
  for (const table of asked) {
    const before = new Map(known.filter(({ address }) => address === table.address).map((one) => [one.check, one]));
    const due = (table.checks ?? []).filter((check) => isAsked(check) && isDue(check, before.get(check.name), nowMs));
    if (due.length === 0) continue;
    if (runs.length === 0) await applySettings(c, c.dialect.scanSettings);
    for (const { check, failed, measured, samples, says } of await measure(c, table, due, before)) {
      const last = before.get(check.name);
      const isAccepted = last?.outcome === 'stopped' && last.acceptedTo !== null && last.acceptedTo === last.ordinal;
      const isStopped = failed > 0 && check.otherwise === 'stop' && when === 'merged' && !isAccepted;
      if (isStopped) findings.push(datasetStopped(stream, table.address, check, says));
      runs.push({
        address: table.address,
        check: check.name,
        ordinal,
        outcome: failed === 0 ? 'passed' : isStopped ? 'stopped' : 'warned',
        failed,
        // What stops is measured again, against the same as before.
        measured: isStopped ? (last?.measured ?? '') : measured,
        samples,
      });
    }
  }
  if (findings.length > 0)
    throw new ChecksFailed(
      findings,
      runs.filter(({ outcome }) => outcome === 'stopped'),
    );
  await noteRuns(c, runs);
}

/** Is any of the datasets to be judged though nothing is merged? */
export function changesWithTime(datasets: readonly KeptTable[]): boolean {
  return datasets.some(({ checks = [] }) => checks.some(({ test }) => test.kind === 'fresh'));
}

function isDue({ everyMs }: PlannedCheck, last: Result | undefined, nowMs: number): boolean {
  if (everyMs === null) return false;
  if (last === undefined || last.ranAtMs === null || last.outcome === 'stopped') return true;
  return nowMs - last.ranAtMs >= everyMs;
}

async function nowOf(c: Connection): Promise<number> {
  const [row] = await c.query(
    sql`select cast(extract(epoch from current_timestamp) * 1000 as ${words(c.dialect.bigint)}) as now_ms`,
  );
  return Number(row?.now_ms);
}

type Measured = {
  readonly check: PlannedCheck;
  readonly failed: number;
  readonly measured: string;
  readonly samples: readonly string[];
  readonly says: string;
};

/** How many rows' keys are kept of those that fail. */
const samplesKept = 5;

async function measure(
  c: Connection,
  table: KeptTable,
  due: readonly PlannedCheck[],
  before: ReadonlyMap<string, Result>,
): Promise<readonly Measured[]> {
  const row = await readOnce(c, table, due);
  const rows = Number(row.fh_rows ?? 0);
  const found: Measured[] = [];
  for (const [i, check] of due.entries()) {
    const { test } = check;
    switch (test.kind) {
      case 'unique':
        found.push(await measureUnique(c, table, check, test.columns));
        break;
      case 'refers':
        found.push(await measureRefers(c, table, check, test));
        break;
      case 'rows':
        found.push(measureRows(check, test, rows, before.get(check.name)?.measured ?? null));
        break;
      case 'fresh': {
        const ageMs = row[`m${i}`] === null || row[`m${i}`] === undefined ? null : Number(row[`m${i}`]);
        const isOld = ageMs !== null && ageMs > test.withinMs;
        const measured = ageMs === null ? 'no rows' : msText(ageMs);
        const says = `the newest row is ${measured} old by '${test.column}', and ${msText(test.withinMs)} is the most`;
        found.push({ check, failed: isOld ? 1 : 0, measured, samples: [], says });
        break;
      }
      default:
        found.push(await measureShare(c, table, check, rows, Number(row[`m${i}`] ?? 0)));
    }
  }
  return found;
}

/** One reading of the current table for all that can be said of it in one: its rows, those that fail each share, ages. */
async function readOnce(c: Connection, table: KeptTable, due: readonly PlannedCheck[]): Promise<Row> {
  const measures = due.flatMap((check, i): readonly Sql[] => {
    if (check.test.kind === 'fresh') return [sql`${ageOf(table, check.test.column)} as ${name(`m${i}`)}`];
    const [asked] = isOfRow(check) ? rowChecks(c, table, [check], ownValue('c')) : [];
    return asked === undefined ? [] : [sql`count(case when ${fails(asked)} then 1 end) as ${name(`m${i}`)}`];
  });
  if (measures.length === 0 && !due.some(({ test }) => test.kind === 'rows')) return {};
  const [row] = await c.query(sql`select ${list([sql`count(*) as fh_rows`, ...measures])}
    from ${name(table.schema, table.current)} c`);
  return must(row, 'a count');
}

/** Milliseconds since the greatest value of a column; times without zone are taken for UTC. */
function ageOf(table: KeptTable, column: string): Sql {
  const type: Type | undefined = table.columns.find((one) => one.name === column)?.type;
  const most = sql`max(c.${name(column)})`;
  const since =
    type?.kind === 'timestamptz'
      ? sql`current_timestamp - ${most}`
      : sql`(current_timestamp at time zone 'UTC') - cast(${most} as timestamp)`;
  return sql`extract(epoch from (${since})) * 1000`;
}

async function measureShare(
  c: Connection,
  table: KeptTable,
  check: PlannedCheck,
  rows: number,
  failing: number,
): Promise<Measured> {
  const { isEnough, measured, says } = partOf(check, rows, failing);
  if (isEnough) return { check, failed: 0, measured, samples: [], says };
  const [asked] = rowChecks(c, table, [check], ownValue('c'));
  const samples = asked === undefined ? [] : await failingKeys(c, table, fails(asked));
  return { check, failed: failing, measured, samples, says: withSamples(says, samples) };
}

/** Do as many rows pass as must? Of no rows all do. */
function partOf(
  { share, above, exceptions }: PlannedCheck,
  rows: number,
  failing: number,
): { readonly isEnough: boolean } & Pick<Measured, 'measured' | 'says'> {
  if (exceptions !== undefined)
    return {
      isEnough: failing <= exceptions,
      measured: String(failing),
      says: `${failing} of ${rows} rows fail, and ${exceptions === 0 ? 'none may' : `${exceptions} is the most`}`,
    };
  const passing = rows === 0 ? 1 : (rows - failing) / rows;
  const measured = percentText(passing);
  const passes = `${measured} of ${rows} rows pass`;
  if (above !== undefined)
    return { isEnough: passing > above, measured, says: `${passes}, and more than ${percentText(above)} must` };
  return { isEnough: passing >= (share ?? 1), measured, says: `${passes}, and ${percentText(share ?? 1)} must` };
}

function measureRows(
  check: PlannedCheck,
  { min, max, change }: Extract<PlannedCheck['test'], { kind: 'rows' }>,
  rows: number,
  before: string | null,
): Measured {
  const was = before === null || before === '' ? null : Number(before);
  const moved = was === null || was === 0 ? 0 : Math.abs(rows - was) / was;
  const says =
    min !== null && rows < min
      ? `it has ${rows} rows, and ${min} is the least`
      : max !== null && rows > max
        ? `it has ${rows} rows, and ${max} is the most`
        : change !== null && moved > change
          ? `it has ${rows} rows and had ${was} when they were counted last: ${percentText(moved)} of change, and ${percentText(change)} is the most`
          : null;
  return { check, failed: says === null ? 0 : 1, measured: String(rows), samples: [], says: says ?? '' };
}

async function measureUnique(
  c: Connection,
  table: KeptTable,
  check: PlannedCheck,
  columns: readonly string[],
): Promise<Measured> {
  const names = columns.map((column) => sql`c.${name(column)}`);
  const isWhole = list(
    names.map((column) => sql`${column} is not null`),
    ' and ',
  );
  const rows = await c.query(sql`select fh_key, count(*) over () as n
    from (select ${keyOf(c, table)} as fh_key, count(*) over (partition by ${list(names)}) as fh_alike
      from ${name(table.schema, table.current)} c where ${isWhole}) a
    where fh_alike > 1 limit ${literal(samplesKept)}`);
  return counted(table, check, rows, 'rows share their values with others');
}

async function measureRefers(
  c: Connection,
  table: KeptTable,
  check: PlannedCheck,
  { columns, to }: Extract<PlannedCheck['test'], { kind: 'refers' }>,
): Promise<Measured> {
  const pairs = columns.map((column, i) => ({
    own: sql`c.${name(column)}`,
    key: must(to.key[i], 'column of a key'),
  }));
  const isWhole = list(
    pairs.map(({ own }) => sql`${own} is not null`),
    ' and ',
  );
  const isThere = list(
    pairs.map(({ own, key }) => sql`t.${name(key)} = ${own}`),
    ' and ',
  );
  const rows = await c.query(sql`select ${keyOf(c, table)} as fh_key, count(*) over () as n
    from ${name(table.schema, table.current)} c
    where ${isWhole} and not exists (select 1 from ${name(to.schema, to.current)} t where ${isThere})
    limit ${literal(samplesKept)}`);
  return counted(table, check, rows, `rows refer to what '${to.address}' does not have`);
}

function counted(table: KeptTable, check: PlannedCheck, rows: readonly Row[], what: string): Measured {
  const failed = Number(rows[0]?.n ?? 0);
  const samples = rows.map((row) => shownKey(table, row.fh_key));
  return { check, failed, measured: String(failed), samples, says: withSamples(`${failed} ${what}`, samples) };
}

async function failingKeys(c: Connection, table: KeptTable, condition: Sql): Promise<readonly string[]> {
  const rows = await c.query(sql`select ${keyOf(c, table)} as fh_key from ${name(table.schema, table.current)} c
    where ${condition} limit ${literal(samplesKept)}`);
  return rows.map((row) => shownKey(table, row.fh_key));
}

function keyOf(c: Connection, table: KeptTable): Sql {
  return table.key.length === 0 ? sql`''` : keyText(c, table, ownValue('c'));
}

function shownKey(table: KeptTable, text: unknown): string {
  return table.key.length === 0 ? 'without key' : readableKey(table, String(text));
}

function withSamples(says: string, samples: readonly string[]): string {
  return samples.length === 0 ? says : `${says}, such as ${samples.join('; ')}`;
}
