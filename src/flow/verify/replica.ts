import type { Connection } from '../../engine/connection.ts';
import type { ReplicaDataset, StreamDataset } from '../../plan/plan.ts';
import { list, name, type Sql, sql } from '../../sql/sql.ts';
import { integer, loadedDatasets } from '../bookkeeping.ts';
import { readCheckpoint } from '../checkpoint.ts';
import { deltaRelation } from '../delta.ts';
import { deltaOf } from '../replicate/delta.ts';
import { type Comparison, compare } from './compare.ts';
import { type Sample, sampleOf } from './sample.ts';
import { countRows, inOneView, keyTexts, type Side, tableSide } from './side.ts';

export type ReplicaToVerify = {
  readonly container: string;
  readonly dataset: ReplicaDataset;
  readonly connect: () => Promise<Connection>;
};

export type ReplicaVerdict = {
  readonly container: string;
  /** The replica's own ordinal, at which it was compared; null where it holds nothing yet. */
  readonly ordinal: string | null;
  readonly rows: number;
  /** Closed versions compared, where both keep the same ones. */
  readonly versions: number;
  readonly differences: number;
};

type Verified = { readonly verdict: ReplicaVerdict; readonly samples: readonly Sample[]; readonly isPartial: boolean };

/** More changed keys than this are not held: the replica is too far behind to be compared now. */
const changedKeysHeld = 200_000;

/**
 * Compares a replica at its own ordinal r with the store. The replica's view is opened first, so the store's is no older:
 * at s >= r. Where s > r, the keys that changed in between are in the store's delta, and are left out on both sides; all
 * others are the same at r and at s. Nothing has to stand still, and no layout has to keep versions for it. Closed
 * versions with `fh_to <= r` never change again, and are compared as they are.
 */
export function verifyReplica(
  stream: string,
  dataset: StreamDataset,
  storeSession: Connection,
  { container, dataset: copy }: ReplicaToVerify,
  replicaSession: Connection,
): Promise<Verified> {
  return inOneView(replicaSession, async () => {
    const held = await readCheckpoint(replicaSession, stream);
    const loaded = (await loadedDatasets(replicaSession, stream)).get(copy.address);
    if (held === null || loaded === undefined) return nothingYet(container);
    const ours = tableSide(container, replicaSession, copy, copy.current);
    const expected = await countRows(ours);
    return inOneView(storeSession, async () => {
      const beneath = { schema: copy.store.schema, key: copy.key, columns: copy.columns };
      const store = tableSide('store', storeSession, beneath, copy.store.current);
      const changed = await changedSince(store, copy, held.ordinal);
      if (changed === null) return tooFar(container, held.ordinal, expected);
      const rows = await compare(store, ours, expected, new Set(changed));
      const begin = (await loadedDatasets(storeSession, stream)).get(copy.address)?.completeFrom ?? 0n;
      const from = begin > loaded.completeFrom ? begin : loaded.completeFrom;
      const versions = hasSameVersions(dataset, copy)
        ? await compareVersions(storeSession, replicaSession, copy, container, from, held.ordinal)
        : null;
      const all: readonly Comparison[] = versions === null ? [rows] : [rows, versions.comparison];
      return {
        verdict: {
          container,
          ordinal: String(held.ordinal),
          rows: rows.right,
          versions: versions?.comparison.right ?? 0,
          differences: all.reduce((sum, { differing, unread }) => sum + differing.size + unread, 0),
        },
        samples: [
          ...[...rows.differing].map(([key, pair]) => sampleOf(store, ours, key, pair)),
          ...(versions === null ? [] : [...versions.comparison.differing]).map(([key, pair]) =>
            sampleOf(versions?.store ?? store, versions?.ours ?? ours, key, pair),
          ),
        ],
        isPartial: all.some(({ unread }) => unread > 0),
      };
    });
  });
}

/** Key texts of what the store's delta has after the ordinal; null where there are too many. */
async function changedSince(store: Side, copy: ReplicaDataset, ordinal: bigint): Promise<readonly string[] | null> {
  const columns = list(store.columns.map((column) => name(column.name)));
  const delta = await deltaRelation(store.connection, deltaOf(copy), ordinal, null);
  if (delta === null) return null;
  const rows = sql`select ${columns} from ${delta} d where fh_ordinal > ${integer(ordinal)}`;
  const texts = await keyTexts({ ...store, rows }, changedKeysHeld + 1);
  return texts.length > changedKeysHeld ? null : texts;
}

/** A copy without some of the columns has fewer versions: a change of the others makes none there. */
function hasSameVersions(dataset: StreamDataset, copy: ReplicaDataset): boolean {
  return (
    dataset.layout === 'split' &&
    copy.layout === 'split' &&
    copy.key.length > 0 &&
    dataset.columns.length === copy.columns.length
  );
}

async function compareVersions(
  storeSession: Connection,
  replicaSession: Connection,
  copy: ReplicaDataset,
  container: string,
  from: bigint,
  to: bigint,
): Promise<{ readonly comparison: Comparison; readonly store: Side; readonly ours: Side }> {
  const side = (where: string, connection: Connection, schema: string, history: string): Side => {
    const bigint = { kind: 'int', bits: 64 } as const;
    const columns = [...copy.columns, { name: 'fh_from', type: bigint }, { name: 'fh_to', type: bigint }];
    const selected: Sql = sql`select ${list(columns.map((column) => name(column.name)))} from ${name(schema, history)}`;
    return {
      where,
      connection,
      rows: sql`${selected} where fh_to > ${integer(from)} and fh_to <= ${integer(to)}`,
      columns,
      key: [...copy.key, 'fh_from'],
    };
  };
  const store = side('store', storeSession, copy.store.schema, copy.store.history);
  const ours = side(container, replicaSession, copy.schema, copy.history);
  return { comparison: await compare(store, ours, await countRows(ours)), store, ours };
}

function nothingYet(container: string): Verified {
  const verdict = { container, ordinal: null, rows: 0, versions: 0, differences: 1 };
  return {
    verdict,
    samples: [{ between: ['store', container], key: '', what: `not loaded in ${container} yet` }],
    isPartial: true,
  };
}

function tooFar(container: string, ordinal: bigint, rows: number): Verified {
  const verdict = { container, ordinal: String(ordinal), rows, versions: 0, differences: 1 };
  const what = `${container} is more than ${changedKeysHeld} changed keys behind the store: let it catch up, then verify again`;
  return { verdict, samples: [{ between: ['store', container], key: '', what }], isPartial: true };
}
