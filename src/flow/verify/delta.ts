import { type Connection, EngineError } from '../../engine/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { list, literal, name, type Sql, sql } from '../../sql/sql.ts';
import { integer, loadedDatasets } from '../bookkeeping.ts';
import { deltaRelation } from '../delta.ts';
import { sameKey } from '../key.ts';
import { ourSide, readableKey, type Side } from '../ranges/side.ts';
import { tallyByKey } from '../ranges/tally.ts';
import { inOneView } from '../view.ts';
import { compare } from './compare.ts';
import type { Judged, Suspect } from './comparison.ts';
import { type Sample, sampleOf } from './sample.ts';
import { type HistoryFound, shownProblems } from './versions.ts';

const bigint = { kind: 'int', bits: 64 } as const;
const problemsHeld = 1_000;

/**
 * Is what was kept what happened? The store's delta says of each ordinal which rows became what and which went. Of every
 * ordinal from which both are whole: a version begins where the delta has its row, and it has the
 * same values; one ends where the delta has its key, and where the key went one ends. In one view of the store. Null where
 * the store keeps no delta of the dataset.
 */
export async function checkDelta(c: Connection, stream: string, dataset: StreamDataset): Promise<HistoryFound | null> {
  try {
    return await checkOnce(c, stream, dataset);
  } catch (failure) {
    if (!(failure instanceof EngineError && failure.kind === 'missing')) throw failure;
    // A table of the delta that all readers have passed was dropped before we came to it.
    return await checkOnce(c, stream, dataset);
  }
}

function checkOnce(c: Connection, stream: string, dataset: StreamDataset): Promise<HistoryFound | null> {
  return inOneView(c, async () => {
    const loaded = (await loadedDatasets(c, stream)).get(dataset.address);
    if (!dataset.keepsDelta || loaded === undefined || loaded.deltaFrom === null) return null;
    const hasVersions = dataset.layout !== 'live' && dataset.key.length > 0;
    const from = hasVersions && loaded.completeFrom > loaded.deltaFrom ? loaded.completeFrom : loaded.deltaFrom;
    const columns = dataset.columns.map((column) => column.name);
    const relation = await deltaRelation(c, { address: dataset.address, schema: dataset.schema, columns }, from, null);
    if (relation === null) return null;
    const counts = (ordinal: Sql) => sql`${ordinal} > ${integer(from)}`;
    const [versions, delta] = begun(c, dataset, relation, hasVersions, counts);
    const judge = async (suspects: readonly Suspect[]): Promise<Judged> => ({
      different: suspects.map((pair) => ({ ...pair, columns: [] })),
      moving: 0,
      cleared: 0,
      isBehind: false,
    });
    const begins = await compare(async (ask) => [await ask(versions), await ask(delta)], versions, {
      judge,
      pace: () => Promise.resolve(),
    });
    const ended = hasVersions
      ? await endings(c, dataset, relation, counts)
      : { problems: 0, isPartial: false, samples: [] };
    const samples = begins.shown.map((pair) => sampleOf(versions, delta, pair));
    return {
      versions: begins.left,
      ranges: begins.ranges,
      problems: begins.differing + begins.unread + ended.problems,
      isPartial: begins.unread > 0 || ended.isPartial,
      samples: [...samples, ...ended.samples].slice(0, shownProblems),
    };
  });
}

/** Versions by the ordinal at which they began, as the tables have them and as the delta does. */
function begun(
  c: Connection,
  dataset: StreamDataset,
  relation: Sql,
  hasVersions: boolean,
  counts: (ordinal: Sql) => Sql,
): readonly [Side, Side] {
  const columns = list(dataset.columns.map((column) => name(column.name)));
  const of = {
    columns: [...dataset.columns, { name: 'fh_ordinal', from: 'fh_ordinal', type: bigint }],
    key: dataset.key.length === 0 ? [] : [...dataset.key, 'fh_ordinal'],
  };
  const tables = [dataset.current, ...(hasVersions ? [dataset.history] : [])].map(
    (table) =>
      sql`select ${columns}, fh_from as fh_ordinal from ${name(dataset.schema, table)} where ${counts(sql`fh_from`)}`,
  );
  const delta = sql`from ${relation} c where ${counts(sql`fh_ordinal`)}`;
  const keys = list(dataset.key.map((key) => name(key)));
  const kept =
    hasVersions || dataset.key.length === 0
      ? sql`select ${columns}, fh_ordinal ${delta} and fh_op = 1`
      : // Current rows alone: the last change of each key.
        sql`select ${columns}, fh_ordinal from (
          select ${columns}, fh_ordinal, fh_op, row_number() over (partition by ${keys} order by fh_ordinal desc) as fh_n ${delta}
        ) d where fh_n = 1 and fh_op = 1`;
  // Its own tables are read as a whole: no index has the ordinals' order.
  const side = (where: string, from: Sql): Side => ({ ...ourSide(where, c, from, of), isOrdered: false });
  return [side('store', sql`(${list(tables, ' union all ')}) t`), side('store delta', sql`(${kept}) t`)];
}

/** Closed versions that end where the delta has nothing of their key; keys that went in the delta and end nowhere. */
async function endings(c: Connection, dataset: StreamDataset, delta: Sql, counts: (ordinal: Sql) => Sql) {
  const { schema, key } = dataset;
  const columns = dataset.columns.filter((column) => key.includes(column.name));
  const keys = list(key.map((each) => sql`a.${name(each)}`));
  const isSame = sameKey(key, sql`a`, sql`b`);
  const history = name(schema, dataset.history);
  const found: { readonly key: string; readonly what: string }[] = [];
  for (const { what, from } of [
    {
      what: 'ended at an ordinal at which its key did not change',
      from: sql`select ${keys}, a.fh_to as fh_ordinal from ${history} a where ${counts(sql`a.fh_to`)}
        and not exists (select 1 from ${delta} b where b.fh_ordinal = a.fh_to and ${isSame})`,
    },
    {
      what: 'did not end where its key went',
      from: sql`select ${keys}, a.fh_ordinal from ${delta} a where a.fh_op = 0 and ${counts(sql`a.fh_ordinal`)}
        and not exists (select 1 from ${history} b where b.fh_to = a.fh_ordinal and ${isSame})`,
    },
  ]) {
    const side = ourSide('store', c, sql`(${from} limit ${literal(problemsHeld)}) t`, {
      columns: [...columns, { name: 'fh_ordinal', from: 'fh_ordinal', type: bigint }],
      key: [...key, 'fh_ordinal'],
    });
    for (const text of (await tallyByKey(side, null)).keys()) found.push({ key: readableKey(side, text), what });
  }
  const samples = found.map((one): Sample => ({ between: ['store', 'store delta'], ...one, columns: [] }));
  return { problems: found.length, isPartial: found.length >= problemsHeld, samples };
}
