import type { Clock } from '../../base/clock.ts';
import type { CaptureMode } from '../../engine/facts.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { readCheckpoint } from '../checkpoint.ts';
import { isErasedAmong } from '../erase/tombstones.ts';
import type { Side } from '../ranges/side.ts';
import { isEqual, nothing } from '../ranges/tally.ts';
import { inOneView } from '../view.ts';
import type { Difference, Judged, Suspect } from './comparison.ts';
import { type Looked, lookAt } from './look.ts';
import { tracesSince } from './traces.ts';

export type JudgeSource = {
  readonly stream: string;
  readonly dataset: StreamDataset;
  readonly mode: CaptureMode;
  readonly clock: Clock;
  readonly source: Side;
  /** Its rows say since which ordinal they are what they are. */
  readonly store: Side;
  readonly catchUp: (() => Promise<boolean>) | null;
};

/** How often suspects are looked at. */
const rounds = 6;
const pauseMs = 250;
/** The same evidence so many times is believed; without proof, the same sight so many times. */
const proofsBelieved = 2;
const sightsBelieved = 5;

/**
 * Which suspects differ between source and store, while the source is written to and the flow follows.
 *
 * A look: the store's ordinal o; the source's rows; the flow passes all that these can have come from; the store's rows.
 * The source's rows were read after o was committed here, so the changes of a log up to o are in them. If a row here
 * has been what it is since o or before, then nothing happened to it between the source's look and ours, and unequal means
 * different. That is known of rows that are here by their `fh_from`, and of keys that are not by the store's delta and
 * closed versions. Otherwise the source is looked at once more: a row of the same version before and after was the same in
 * between. A key for which none of this holds has changed: it is looked at again.
 *
 * A commit can reach us through the log a moment before the source's own readers see it. So evidence counts when it is the
 * same in a second look.
 *
 * Without ordinals for the source's changes (snapshots) only versions prove anything; keys that nothing can be proven of
 * are believed to differ when every look shows the same.
 */
export async function judgeSource(of: JudgeSource, given: readonly Suspect[]): Promise<Judged> {
  const { suspects, erased } = await withoutErased(of, given);
  return { ...(await judgeOthers(of, suspects)), ...(erased === 0 ? {} : { erased }) };
}

/** A key that was erased here may be at the source for ever. One that has another row here all the same is judged. */
async function withoutErased({ dataset, store }: JudgeSource, given: readonly Suspect[]) {
  const absent = given.filter(({ right }) => right.rows === 0).map(({ key }) => key.text);
  const erased = await isErasedAmong(store.connection, dataset.address, absent);
  return {
    suspects: erased.size === 0 ? given : given.filter(({ key, right }) => right.rows > 0 || !erased.has(key.text)),
    erased: erased.size,
  };
}

async function judgeOthers(of: JudgeSource, suspects: readonly Suspect[]): Promise<Judged> {
  const evidence = new Map<string, { readonly sight: string; readonly proofs: number; readonly sights: number }>();
  const different: Difference[] = [];
  let open = suspects;
  for (let round = 0; round < rounds && open.length > 0; round++) {
    if (round > 0) await of.clock.sleep(pauseMs * round);
    const keys = open.map(({ key }) => key);
    const since = (await readCheckpoint(of.store.connection, of.stream))?.ordinal ?? 0n;
    const before = await lookAt(of.source, keys);
    const isCaughtUp = of.catchUp === null || (await of.catchUp());
    const { ours, traces } = await inOneView(of.store.connection, async () => ({
      ours: await lookAt(of.store, keys),
      traces: await tracesSince(of.store.connection, of.stream, of.dataset, keys, since),
    }));
    const unequal = open
      .map(({ key }) => ({ key, left: tallyOf(before, key.text), right: tallyOf(ours, key.text) }))
      .filter(({ left, right }) => !isEqual(left, right));
    const told = (pair: Suspect): Difference => ({
      ...pair,
      columns: differingColumns(of.source, before.get(pair.key.text), ours.get(pair.key.text)),
    });
    if (of.catchUp === null) return judged(suspects, unequal.map(told), 0);
    // Behind: what is unequal may be on its way.
    if (!isCaughtUp) return { ...judged(suspects, different, unequal.length), isBehind: unequal.length > 0 };
    const after = await lookAt(
      of.source,
      unequal.map(({ key }) => key),
    );
    open = unequal.filter((pair) => {
      const { text } = pair.key;
      const [first, here, last] = [before.get(text), ours.get(text), after.get(text)];
      const lastChange = here?.since ?? traces?.get(text) ?? (traces === null ? null : 0n);
      const isSettledHere = of.mode === 'cdc' && lastChange !== null && lastChange <= since;
      const isSameVersion = first?.version != null && first.version === last?.version;
      const isSameSight = isEqual(pair.left, tallyOf(after, text));
      const isUnknown = first?.version == null && (of.mode !== 'cdc' || lastChange === null);
      const sight = [pair.left.rows, pair.left.sum, pair.right.rows, pair.right.sum, here?.since].join(' ');
      const known = evidence.get(text);
      const held = known?.sight === sight ? known : { sight, proofs: 0, sights: 0 };
      const now = {
        sight,
        proofs: isSettledHere || isSameVersion ? held.proofs + 1 : 0,
        sights: isUnknown && isSameSight ? held.sights + 1 : 0,
      };
      evidence.set(text, now);
      if (now.proofs < proofsBelieved && now.sights < sightsBelieved) return true;
      different.push(told(pair));
      return false;
    });
  }
  return judged(suspects, different, open.length);
}

function judged(suspects: readonly Suspect[], different: readonly Difference[], moving: number): Judged {
  return { different, moving, cleared: suspects.length - different.length - moving, isBehind: false };
}

function tallyOf(looked: ReadonlyMap<string, Looked>, text: string) {
  return looked.get(text)?.tally ?? nothing;
}

/** Names of the columns whose values differ, where each side has the row once. */
export function differingColumns(
  { columns }: Side,
  left: Looked | undefined,
  right: Looked | undefined,
): readonly string[] {
  if (left?.tally.rows !== 1 || right?.tally.rows !== 1) return [];
  return columns.filter((_, i) => left.columns[i] !== right.columns[i]).map((column) => column.name);
}
