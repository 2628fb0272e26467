import type { Connection } from '../../engine/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { sql, value } from '../../sql/sql.ts';
import { movedTo, readCheckpoint } from '../checkpoint.ts';
import { forgetMoved, ownersOf } from '../handover/owners.ts';
import { isTable } from '../tables.ts';
import { placedAs } from './clear.ts';
import { hasOtherSecret } from './notes.ts';
import { readMove } from './record.ts';

/** A stream that is to rest in another store, as it is deployed, with the datasets that go along. */
export type Moving = {
  readonly stream: string;
  readonly datasets: readonly StreamDataset[];
  /** Both stores as the plans name them. */
  readonly fromPlace: string;
  readonly toPlace: string;
};

/** Why a stream cannot come to a store, and what to do. `mayBeLeft`: where nobody needs its history, it may be loaded anew there. */
export type Refusal = {
  readonly kind: 'refused';
  readonly why: string;
  readonly help: string;
  readonly mayBeLeft?: true;
};

/** The old store is not what it was: an apply has noted every stream of its plan in its store. Changes nothing. */
export async function unknownIn(old: Connection, { stream, fromPlace }: Moving): Promise<Refusal | null> {
  const isKnown =
    (await isTable(old, 'freehold', 'fh_checkpoint')) &&
    (await old.query(sql`select stream from freehold.fh_checkpoint where stream = ${value(stream)}`)).length > 0;
  if (isKnown) return null;
  return {
    kind: 'refused',
    why: `'${fromPlace}', where the plan that runs has its rows, does not know it: it is another database than it was, or an empty one.`,
    help: 'Put the database back that had the rows, under the name that it had.',
    mayBeLeft: true,
  };
}

/** Null: it may come. Changes nothing but notes of addresses that nobody has any more. `loaded`: the datasets whose rows are in the old store. */
export async function refusal(
  old: Connection,
  now: Connection,
  { stream, datasets, fromPlace, toPlace }: Moving,
  loaded: readonly StreamDataset[],
): Promise<Refusal | null> {
  const addresses = datasets.map(({ address }) => address);
  await forgetMoved(now, addresses);
  for (const dataset of datasets) {
    const inTheWay = await tableInTheWay(now, dataset);
    if (inTheWay !== null) return inTheWay;
  }
  const rests = await restsAlready(old, now, stream, addresses);
  if (rests !== null)
    return {
      kind: 'refused',
      why: `'${toPlace}' has rows of stream '${rests}' already, which did not come from '${fromPlace}' by a move: they might be newer, or another environment's.`,
      help: `If nobody needs what is there, say so there:  update freehold.fh_checkpoint set moved_to = 'nobody' where stream = '${rests}';  then apply again, which replaces it. If it is what is to go on, correct the environment.`,
    };
  const ofDatasets = loaded.map(({ address }) => address);
  if (ofDatasets.length > 0 && (await hasOtherSecret(old, now, ofDatasets)))
    return {
      kind: 'refused',
      why: `rows of '${stream}' were erased, and '${toPlace}' has a secret of its own for what was erased there: by that the tombstones of '${stream}' would say nothing, and erased rows could come back.`,
      help: 'Give the stream a store in which nothing was erased yet: a database of its own.',
    };
  return null;
}

/** The stream whose rows of these datasets are in the new store, and are neither left there nor copies that nobody went on with. */
async function restsAlready(
  old: Connection,
  now: Connection,
  stream: string,
  addresses: readonly string[],
): Promise<string | null> {
  const [there, here] = [await readCheckpoint(old, stream), await readCheckpoint(now, stream)];
  const owners = new Set((await ownersOf(now, addresses)).values());
  if (here !== null && here.ordinal > 0n) owners.add(stream);
  const isCopy = (await readMove(now, stream)) !== null && (here?.ordinal ?? 0n) <= (there?.ordinal ?? 0n);
  for (const owner of owners) if ((await movedTo(now, owner)) === null && !(owner === stream && isCopy)) return owner;
  return null;
}

/** A table of the name that is not ours, or is another dataset's, which has not left either. */
async function tableInTheWay(now: Connection, dataset: StreamDataset): Promise<Refusal | null> {
  const { address, schema, current } = dataset;
  if (!(await isTable(now, schema, current))) return null;
  const placed = await placedAs(now, dataset);
  if (placed === address) return null;
  const owner = placed === null ? undefined : (await ownersOf(now, [placed])).get(placed);
  if (owner !== undefined && (await movedTo(now, owner)) !== null) return null;
  const whose = placed === null ? 'which freehold did not make' : `of dataset '${placed}'`;
  return {
    kind: 'refused',
    why: `a table "${schema}"."${current}" is there already, ${whose}.`,
    help: 'Rename that table, or drop it, then apply again.',
  };
}
