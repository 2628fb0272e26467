import type { Connection } from '../../engine/connection.ts';
import { name, sql } from '../../sql/sql.ts';
import { sourceTable } from '../capture/source-tables.ts';
import { quarantinedIn, waitingAmong } from '../quality/waiting.ts';
import { ourSide, sourceSide } from '../ranges/side.ts';
import { compare } from './compare.ts';
import type { CompareOptions } from './comparison.ts';
import { checkDelta } from './delta.ts';
import { type Part, partOfComparison, partOfHistory } from './part.ts';
import {
  compareReplica,
  compareVersions,
  inReplica,
  inStore,
  type ReplicaSessions,
  type ReplicaToVerify,
  replicaOrdinal,
} from './replica.ts';
import { notComparedOf, type VerifyRequest } from './request.ts';
import { sampleOf } from './sample.ts';
import { judgeSource } from './source.ts';
import { checkVersions } from './versions.ts';

export type Step = {
  readonly name: string;
  readonly between: readonly [string, string];
  /** Null: there is nothing of the kind here, or not yet. */
  readonly work: (store: Connection, options: Omit<CompareOptions, 'judge'>) => Promise<Part | null>;
};

/** What there is to prove of a dataset: its rows, what was kept of them, and the same of each replica. */
export function stepsOf(request: VerifyRequest): readonly Step[] {
  const { dataset, stream } = request;
  const place = { container: null, ordinal: null } as const;
  const hasVersions = dataset.layout !== 'live' && dataset.key.length > 0;
  const steps: Step[] = [
    { name: 'source', between: ['source', 'store'], work: (store, options) => compareSource(request, store, options) },
  ];
  if (hasVersions) {
    steps.push({
      name: 'history',
      between: ['store', 'store'],
      work: async (store, options) =>
        partOfHistory(
          { step: 'history', kind: 'history', ...place },
          await checkVersions(store, stream, 'store', dataset, options),
        ),
    });
  }
  if (dataset.keepsDelta) {
    steps.push({
      name: 'delta',
      between: ['store', 'store delta'],
      work: async (store, options) => {
        await options.pace();
        const found = await checkDelta(store, stream, dataset);
        return found === null ? null : partOfHistory({ step: 'delta', kind: 'history', ...place }, found);
      },
    });
  }
  return [...steps, ...request.replicas.flatMap((replica) => stepsOfReplica(request, replica))];
}

async function compareSource(
  request: VerifyRequest,
  connection: Connection,
  options: Omit<CompareOptions, 'judge'>,
): Promise<Part> {
  const { dataset, stream, mode, clock, catchUp, source } = request;
  await using session = await source.connect();
  const ranges = (await source.capture.keyRanges?.(session, sourceTable(dataset))) ?? null;
  const notCompared = new Set(notComparedOf(request).map(({ column }) => column));
  const compared = { ...dataset, columns: dataset.columns.filter((column) => !notCompared.has(column.name)) };
  const left = sourceSide(session, compared, source.capture, ranges);
  const current = sql`${name(dataset.schema, dataset.current)}`;
  const right = ourSide('store', connection, current, compared, { since: sql`fh_from` });
  const judging = {
    stream,
    dataset,
    mode,
    clock,
    source: left,
    store: right,
    catchUp: catchUp === null ? null : () => catchUp(session),
  };
  const quarantined = await quarantinedIn(connection, dataset);
  const found = await compare((ask) => Promise.all([ask(left), ask(right)]), left, {
    ...options,
    // What waits in quarantine is another than at the source, and known to be.
    async judge(suspects) {
      const texts = suspects.map(({ key }) => key.text);
      const waiting = await waitingAmong(connection, quarantined, texts);
      return judgeSource(
        judging,
        suspects.filter(({ key }) => !waiting.has(key.text)),
      );
    },
  });
  return partOfComparison(
    { step: 'source', kind: 'source', container: null, ordinal: null },
    found,
    found.shown.map((pair) => sampleOf(left, right, pair)),
  );
}

function stepsOfReplica(request: VerifyRequest, of: ReplicaToVerify): readonly Step[] {
  const { stream, dataset, clock } = request;
  const { container } = of;
  const step = (
    called: string,
    work: (sessions: ReplicaSessions, options: Omit<CompareOptions, 'judge'>, at: bigint) => Promise<Part | null>,
  ): Step => ({
    name: `${called} ${container}`,
    between: ['store', container],
    work: async (store, options) => {
      await using replica = await of.connect();
      const sessions = { stream, dataset, store, replica, of, clock };
      const at = await replicaOrdinal(sessions);
      return at === null ? null : await work(sessions, options, at);
    },
  });
  const rows = step('rows', async (sessions, options, at) => {
    const found = await compareReplica(sessions, options);
    return partOfComparison(
      { step: `rows ${container}`, kind: 'replica', container, ordinal: String(at) },
      found,
      found.shown.map((pair) => sampleOf(inStore(sessions), inReplica(sessions), pair)),
    );
  });
  if (of.dataset.layout === 'live' || of.dataset.key.length === 0) return [rows];
  const versions = step('versions', async (sessions, options, at) => {
    const found = await compareVersions(sessions, options);
    if (found === null) return null;
    const { comparison, left, right } = found;
    return partOfComparison(
      { step: `versions ${container}`, kind: 'versions', container, ordinal: String(at) },
      comparison,
      comparison.shown.map((pair) => sampleOf(left, right, pair)),
    );
  });
  const history = step('history', async ({ replica }, options, at) =>
    partOfHistory(
      { step: `history ${container}`, kind: 'history', container, ordinal: String(at) },
      await checkVersions(replica, stream, container, of.dataset, options),
    ),
  );
  return [rows, versions, history];
}
