import { parseDay } from '../model/duration.ts';
import { nameText, type ObjectName, objectNamed } from '../model/named.ts';
import { type Around, judgementOf } from './judgement.ts';
import type { Kept, Rejudged } from './kept.ts';
import { type Change, questions, questionsChanged } from './questions.ts';

/**
 * Judges again what a change of objects, or of the time, can have changed the judgement of, and nothing else: the
 * objects themselves, and those whose judgement rests on an answer that is another now. With the rest of what was kept
 * it is what judging all of head gives. The work follows the change, not the model.
 */
export function rejudge(kept: Resting, changes: Iterable<Change>, head: Around): Rejudged {
  return new Map(
    [...staleObjects(kept, changes, head.asOfMs)].map(([text, object]) => {
      const now = objectNamed(head.lookup, object);
      return [text, { object, judgement: now === null ? null : judgementOf(now, head) }];
    }),
  );
}

/** What is to be judged again, by name as text: changed objects, those that are gone among them, and what rests on them. */
export function staleObjects(
  kept: Resting,
  changes: Iterable<Change>,
  asOfMs: number,
): ReadonlyMap<string, ObjectName> {
  const stale = new Map<string, ObjectName>();
  const add = ({ kind, address }: ObjectName) => stale.set(nameText({ kind, address }), { kind, address });
  const all = [...changes];
  for (const { before, after } of all) {
    const object = after ?? before;
    if (object !== null) add(object);
  }
  const changed = [...questionsChanged(all), ...daysPassed(kept, asOfMs).map(questions.day)];
  for (const question of changed) for (const object of kept.restingOn(question)) add(object);
  return stale;
}

/** What of judgements needs to be known to judge again. */
export type Resting = Pick<Kept, 'asOfMs' | 'restingOn' | 'days'>;

/** Days whose beginning lies between two times, whichever is the later. */
function daysPassed(kept: Resting, asOfMs: number): readonly string[] {
  if (kept.asOfMs === asOfMs) return [];
  const isReachedAt = (day: string, ms: number) => (parseDay(day) ?? Number.POSITIVE_INFINITY) <= ms;
  return [...new Set(kept.days())].filter((day) => isReachedAt(day, kept.asOfMs) !== isReachedAt(day, asOfMs));
}
