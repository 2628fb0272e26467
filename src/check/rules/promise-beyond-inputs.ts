import { parseDurationMs } from '../../model/duration.ts';
import { freshnessMs } from '../../model/effective.ts';
import { upstreamOf } from '../graph/transformer.ts';
import type { Ask, Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** What is made of others is no fresher than they are, however many transformers stand between. */
export const promiseBeyondInputs: Rule = {
  name: 'promise-beyond-inputs',
  judges: {
    *datastore(datastore, ask) {
      const promisedMs = freshnessMs(datastore);
      if (datastore.changes.transformer === undefined || promisedMs === null) return;
      for (const { address, freshness } of promisesBehind(datastore.address, ask)) {
        if ((parseDurationMs(freshness) ?? 0) <= promisedMs) continue;
        yield {
          message: `datastore '${datastore.address}' promises a freshness of ${datastore.promises?.freshness}, and is made of datastore '${address}', which promises ${freshness}: it would be late by design.`,
          help: `Promise  freshness: '${freshness}'  or more, or agree on a better promise with the owner of '${address}'.`,
          at: spotOf(datastore.address, 'promises', 'freshness'),
          related: [{ message: 'the promise behind it', at: spotOf(address, 'promises') }],
        };
      }
    },
  },
};

/** Of what a datastore is made of; of one that promises nothing, what it is made of in turn. */
function promisesBehind(start: string, ask: Ask): readonly { readonly address: string; readonly freshness: string }[] {
  const seen = new Set([start]);
  const open = [start];
  const promises: { readonly address: string; readonly freshness: string }[] = [];
  for (const at of open)
    for (const address of upstreamOf(ask, at)) {
      if (seen.has(address)) continue;
      seen.add(address);
      const freshness = ask.object('datastore', address)?.promises?.freshness;
      if (freshness === undefined) open.push(address);
      else promises.push({ address, freshness });
    }
  return promises;
}
