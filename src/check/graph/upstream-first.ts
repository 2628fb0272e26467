import { groupsFrom } from '../../base/circles.ts';
import { remembered } from '../memo.ts';
import type { Ask } from '../rule.ts';
import { upstreamOf } from './transformer.ts';

/** Something of a datastore by what is known of those it is made of; undefined: nothing is known of it yet. */
type Make<T> = (ask: Ask, datastore: string, known: (upstream: string) => T | undefined) => T;

/**
 * Works out something of a datastore after it is known of all that the datastore is made of, however long the chain of
 * transformers. Where they go in a circle (a finding of its own) those of the circle are worked out together, again and
 * again until nothing changes: the answer, and what it rests on, is the same whoever asks first. So `make` must not take
 * back what it said when more is known of its inputs. `textOf`: equal where two values say the same.
 */
export function upstreamFirst<T>(
  make: Make<T>,
  textOf: (ask: Ask, datastore: string, value: T) => string,
): (ask: Ask, datastore: string) => T {
  const circle = remembered((ask: Ask, members: string) => settled(ask, members.split(' ')));
  const settled = (ask: Ask, members: readonly string[]): ReadonlyMap<string, T> => {
    const made = new Map<string, { readonly value: T; readonly text: string }>();
    const within = new Set(members);
    const readers = new Map(members.map((one): [string, string[]] => [one, []]));
    for (const one of members) for (const input of upstreamOf(ask, one)) readers.get(input)?.push(one);
    const known = (input: string) => (within.has(input) ? made.get(input)?.value : remember.known(ask, input));
    const open = new Set(members);
    for (const one of open) {
      open.delete(one);
      const value = make(ask, one, known);
      const text = textOf(ask, one, value);
      if (made.get(one)?.text !== text) for (const reader of readers.get(one) ?? []) open.add(reader);
      made.set(one, { value, text });
    }
    return new Map([...made].map(([one, { value }]) => [one, value]));
  };
  const remember = remembered((ask: Ask, datastore: string, group: readonly string[]): T => {
    const isCircle = group.length > 1 || upstreamOf(ask, datastore).includes(datastore);
    const value = isCircle ? circle(ask, group.join(' ')).get(datastore) : undefined;
    return value ?? make(ask, datastore, (input) => remember.known(ask, input));
  });
  return (ask, datastore) => {
    const known = remember.known(ask, datastore);
    if (known !== undefined) return known;
    const unknown = (at: string) => upstreamOf(ask, at).filter((one) => remember.known(ask, one) === undefined);
    for (const members of groupsFrom(datastore, unknown)) {
      const group = [...members].sort();
      for (const one of group) remember(ask, one, group);
    }
    return remember(ask, datastore, [datastore]);
  };
}
