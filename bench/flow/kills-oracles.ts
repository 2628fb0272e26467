import { systemClock } from '../../src/base/clock.ts';
import type { Connection } from '../../src/engine/connection.ts';
import type { Access } from '../../src/engine/engine.ts';
import { connect as connectDuckdb } from '../../src/engines/duckdb/connection.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { readCheckpoint } from '../../src/flow/checkpoint.ts';
import { gapsOf } from '../../src/flow/gaps.ts';
import { run } from '../../src/flow/testing/fixture.ts';
import { openLedger } from '../../src/ledger/open.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { containersOf } from '../../src/run/containers.ts';
import { verifyPlan } from '../../src/run/verify.ts';
import { literal, sql, value, words } from '../../src/sql/sql.ts';
import { sourceTables, streams } from '../../test/exactness/company.ts';
import { linesOf } from '../../test/exactness/lines.ts';
import type { Reference } from '../../test/exactness/reference.ts';
import type { Runner } from '../../test/faults/runner.ts';
import { eventually } from './eventually.ts';
import { contentOf, type Server } from './server.ts';

type Place = { readonly server: Server; readonly database: string };

/** Where the company's rows are: the source, ours, and a mirror that PostgreSQL's own subscription keeps. */
export type Company = {
  readonly source: Place;
  readonly store: Place;
  readonly replica: Place;
  readonly mirror: Place;
  readonly file: Access;
  readonly plan: Plan;
  readonly root: string;
};

const copies = ['store', 'replica', 'file'] as const;
const datasets = streams.flatMap((stream) => stream.datasets);

/** A subscription of all tables of the source, by PostgreSQL itself. */
export async function mirror({ source, mirror: at }: Company) {
  await using from = await connect(source.server.access(source.database), 'bench');
  await run(from, 'create publication mirror for all tables');
  const name = `mirror_${source.database}`;
  await from.query(sql`select pg_create_logical_replication_slot(${value(name)}, 'pgoutput')`);
  await using to = await connect(at.server.access(at.database), 'bench');
  // The rows that the tables begin with are made here as they are there.
  await to.execute(words(`set search_path = public; ${sourceTables}`));
  await to.execute(sql`create subscription mirror connection ${literal(source.server.url(source.database))}
    publication mirror with (create_slot = false, slot_name = ${literal(name)}, copy_data = false)`);
  return {
    /** Has all that was written before it was asked. */
    async caughtUp() {
      await using c = await connect(source.server.access(source.database), 'bench');
      const [end] = await c.query(sql`select pg_current_wal_lsn()::text as lsn`);
      await eventually('the subscription', async () => {
        const [slot] = await c.query(sql`select confirmed_flush_lsn >= ${value(String(end?.lsn))}::pg_lsn as done
          from pg_replication_slots where slot_name = ${value(name)}`);
        return slot?.done === true ? null : `it is behind ${String(end?.lsn)}`;
      });
    },
    async drop() {
      await using c = await connect(at.server.access(at.database), 'bench');
      await run(c, 'drop subscription mirror');
    },
  };
}

/** Waits until store and replicas have every step that was written. Rejects where the process ended. */
export async function arrived(company: Company, kept: Reference, runner: Runner): Promise<void> {
  await eventually('every step', async () => {
    if (runner.isOver()) throw new Error(`process '${runner.name}' ended: ${runner.failure()}`);
    for (const where of copies)
      for (const { stream } of streams) {
        const at = await within(company, where, (c) => readCheckpoint(c, stream)).catch(() => null);
        if ((at?.ordinal ?? 0n) < kept.ordinal(stream))
          return `${where} has '${stream}' up to ${at?.ordinal ?? 'nothing'} of ${kept.ordinal(stream)}`;
      }
    return null;
  });
}

/**
 * What differs, as sentences, by four judges: every row and version of every copy by a list of what was written, ordinals
 * included; current rows by the source itself and by PostgreSQL's subscription; and our own verify.
 */
export async function divergence(company: Company, kept: Reference) {
  const differences: string[] = [];
  let rows = 0;
  let versions = 0;
  for (const where of copies) {
    for (const dataset of datasets) {
      const is = await within(company, where, (c) => linesOf(c, dataset));
      const should = kept.lines(dataset);
      for (const table of ['current', 'history'] as const)
        differences.push(...unequal(`${where} ${dataset.address} ${table}`, is[table], should[table]));
      if (where === 'store') [rows, versions] = [rows + is.current.length, versions + is.history.length];
    }
    for (const { stream } of streams) {
      const [at, gaps] = await within(company, where, async (c) => [
        await readCheckpoint(c, stream),
        await gapsOf(c, stream),
      ]);
      if (at?.ordinal !== kept.ordinal(stream)) differences.push(`${where} has '${stream}' at ${at?.ordinal}`);
      if (gaps.length > 0) differences.push(`${where} has gaps in '${stream}': ${gaps.length}`);
    }
  }
  for (const dataset of datasets) {
    const columns = dataset.columns.map(({ name }) => name);
    const content = ({ server, database }: Place, table: string) => contentOf(server, database, table, columns);
    const should = await content(company.source, `public.${dataset.from.table}`);
    for (const where of ['store', 'replica'] as const) {
      const is = await content(company[where], `${dataset.schema}.${dataset.current}`);
      if (is !== should) differences.push(`${where} ${dataset.address} has ${is}, the source ${should}`);
    }
    const mirrored = await content(company.mirror, `public.${dataset.from.table}`);
    if (mirrored !== should)
      differences.push(`the subscription's ${dataset.name} has ${mirrored}, the source ${should}`);
  }
  differences.push(...(await verified(company)));
  return { differences, rows, versions };
}

async function verified({ plan, root }: Company): Promise<readonly string[]> {
  await using containers = containersOf(plan.containers, { root, secrets: (name) => Promise.resolve(name) });
  await using ledger = await openLedger(await containers.access('ledger'), 'verify');
  const verdict = await verifyPlan(plan, containers, ledger, { clock: systemClock, address: null });
  const found = verdict.datasets.flatMap((one) => one.findings.map(({ message }) => `verify: ${message}`));
  return verdict.differences === 0 ? found : [...found, `verify finds ${verdict.differences} differences`];
}

/** How many lines are there or missing that should not be, and the first of each; nothing where all are as they should. */
function unequal(what: string, is: readonly string[], should: readonly string[]): readonly string[] {
  const [more, less] = [without(is, should), without(should, is)];
  if (more.length + less.length === 0) return [];
  const first = (lines: readonly string[]) => (lines[0] === undefined ? '' : `, as ${lines[0].slice(0, 200)}`);
  return [`${what}: ${more.length} lines too many${first(more)}; ${less.length} missing${first(less)}`];
}

/** As bags: a line that is there twice is not without one. */
function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

async function within<T>(company: Company, where: (typeof copies)[number], work: (c: Connection) => Promise<T>) {
  const open = () => {
    if (where === 'file') return connectDuckdb(company.file);
    const { server, database } = company[where];
    return connect(server.access(database), 'bench');
  };
  await using session = await open();
  return await work(session);
}
