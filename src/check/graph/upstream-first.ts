import type { Remembered } from '../memo.ts';
import type { Ask } from '../rule.ts';
import { upstreamOf } from './transformer.ts';

/**
 * Works out something of a datastore after it is known of all that the datastore is made of, however long the chain of
 * transformers. Where they go in a circle (a finding of its own) one of them is asked before all of it is known.
 */
export function upstreamFirst<T>(remember: Remembered<T>): (ask: Ask, datastore: string) => T {
  return (ask, datastore) => {
    const known = remember.known(ask, datastore);
    if (known !== undefined) return known;
    const entered = new Set<string>();
    const open = [datastore];
    for (let at = open.at(-1); at !== undefined; at = open.at(-1)) {
      const waiting = entered.has(at)
        ? []
        : upstreamOf(ask, at).filter((one) => !entered.has(one) && remember.known(ask, one) === undefined);
      entered.add(at);
      if (waiting.length > 0) open.push(...waiting);
      else {
        remember(ask, at);
        open.pop();
      }
    }
    return remember(ask, datastore);
  };
}
