import type { Capture } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { list, name, sql } from '../../sql/sql.ts';
import { readCheckpoint } from '../checkpoint.ts';
import { compare } from './compare.ts';
import { type ReplicaToVerify, type ReplicaVerdict, verifyReplica } from './replica.ts';
import { type Sample, sampleOf } from './sample.ts';
import { countRows, inOneView, isEqual, nothing, type Side, type Tally, tableSide, talliesOf } from './side.ts';

export type VerifyRequest = {
  readonly stream: string;
  readonly dataset: StreamDataset;
  readonly source: { readonly connect: () => Promise<Connection>; readonly read: Capture['read'] };
  readonly store: { readonly connect: () => Promise<Connection> };
  readonly replicas: readonly ReplicaToVerify[];
  /**
   * Resolves when the flow has merged all that the source had committed when it was asked, or with false when it gives
   * up. Null where nothing moves: the source is not written to and the flow has caught up.
   */
  readonly catchUp: (() => Promise<boolean>) | null;
};

export type DatasetVerdict = {
  readonly address: string;
  /** The store's checkpoint that was compared. */
  readonly at: { readonly ordinal: string | null; readonly position: string | null };
  /** Rows compared, of source and store and of store and each replica. */
  readonly checked: number;
  /** Keys that differ, of all comparisons; at least so many where `isPartial`. */
  readonly differences: number;
  readonly isPartial: boolean;
  /** Keys that the source changed each time we looked: neither equal nor different. */
  readonly moving: number;
  /** The flow did not catch up while we waited: differences may be changes still on their way. */
  readonly isBehind: boolean;
  readonly source: { readonly rows: number };
  readonly store: { readonly rows: number };
  readonly replicas: readonly ReplicaVerdict[];
  readonly samples: readonly Sample[];
  /** Columns that were not compared between source and store, each with the reason: their engines write them differently. */
  readonly notCompared: readonly { readonly column: string; readonly why: string }[];
};

const samplesShown = 10;
/** How often a differing key is read again before it is reported. */
const rounds = 3;

/** Is the dataset in the store what it is at the source, and in each replica what it is in the store? Reads alone. */
export async function verifyDataset(request: VerifyRequest): Promise<DatasetVerdict> {
  const { dataset, stream } = request;
  await using sourceSession = await request.source.connect();
  await using storeSession = await request.store.connect();
  const notCompared = dataset.columns.flatMap(({ name: column, type }) => {
    const why = sourceSession.types.incomparable?.(type) ?? storeSession.types.incomparable?.(type) ?? null;
    return why === null ? [] : [{ column, why }];
  });
  const compared = dataset.columns.filter(({ name: column }) => !notCompared.some((one) => one.column === column));
  const source = sourceSide(sourceSession, { ...dataset, columns: compared }, request.source.read);
  const store = tableSide('store', storeSession, { ...dataset, columns: compared }, dataset.current);

  const first = await firstLook(request, source, store);
  const again = await lookAgain(request, source, store, [...first.comparison.differing.keys()]);
  const replicas = [];
  for (const replica of request.replicas) {
    await using session = await replica.connect();
    replicas.push(await verifyReplica(stream, dataset, storeSession, replica, session));
  }
  const samples = [...again.differing].map(([key, pair]) => sampleOf(source, store, key, pair));
  return {
    address: dataset.address,
    at: first.at,
    checked: first.comparison.right + replicas.reduce((sum, { verdict }) => sum + verdict.rows + verdict.versions, 0),
    differences:
      again.differing.size +
      first.comparison.unread +
      replicas.reduce((sum, { verdict }) => sum + verdict.differences, 0),
    isPartial: first.comparison.unread > 0 || replicas.some(({ isPartial }) => isPartial),
    moving: again.moving,
    isBehind: first.isBehind || again.isBehind,
    source: { rows: first.comparison.left },
    store: { rows: first.comparison.right },
    replicas: replicas.map(({ verdict }) => verdict),
    samples: [...samples, ...replicas.flatMap((replica) => replica.samples)].slice(0, samplesShown),
    notCompared,
  };
}

/** All rows: the source's in one view, then the store's in one that is no older. */
function firstLook(request: VerifyRequest, source: Side, store: Side) {
  return inOneView(source.connection, async () => {
    // Counting opens the source's view: what is committed there after this is not in it.
    const expected = await countRows(source);
    const isBehind = request.catchUp !== null && !(await request.catchUp());
    return inOneView(store.connection, async () => {
      const held = await readCheckpoint(store.connection, request.stream);
      const comparison = await compare(source, store, expected);
      const at = { ordinal: held === null ? null : String(held.ordinal), position: held?.position ?? null };
      return { comparison, at, isBehind };
    });
  });
}

type Again = {
  readonly differing: ReadonlyMap<string, Pair>;
  readonly moving: number;
  readonly isBehind: boolean;
};
type Pair = { readonly left: Tally; readonly right: Tally };

/**
 * Reads differing keys again: source, store once the flow has passed what the source had, source. A key that the source
 * did not change meanwhile and that still differs is different, if it is so in each round (it could have changed and
 * changed back in one); one that the source changed in the last round, too, is moving.
 */
async function lookAgain(request: VerifyRequest, source: Side, store: Side, keys: readonly string[]): Promise<Again> {
  let differing = new Map<string, Pair>();
  let moving = new Set<string>();
  let isBehind = false;
  let open = keys;
  for (let round = 0; round < (request.catchUp === null ? 1 : rounds) && open.length > 0; round++) {
    const before = await talliesOf(source, open);
    isBehind = request.catchUp !== null && !(await request.catchUp());
    const ours = await talliesOf(store, open);
    const after = await talliesOf(source, open);
    differing = new Map();
    moving = new Set();
    for (const key of open) {
      const [left, right] = [after.get(key) ?? nothing, ours.get(key) ?? nothing];
      if (!isEqual(before.get(key) ?? nothing, left)) moving.add(key);
      else if (!isEqual(left, right)) differing.set(key, { left, right });
    }
    open = [...differing.keys(), ...moving];
  }
  return { differing, moving: moving.size, isBehind };
}

function sourceSide(connection: Connection, dataset: StreamDataset, read: Capture['read']): Side {
  const columns = dataset.columns.map((column) => sql`${read(column)} as ${name(column.name)}`);
  return {
    where: 'source',
    connection,
    rows: sql`select ${list(columns)} from ${name(dataset.from.schema, dataset.from.table)}`,
    columns: dataset.columns,
    key: dataset.key,
  };
}
