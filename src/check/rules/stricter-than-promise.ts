import { defaultLatency, freshnessMs, latencyMs } from '../../model/effective.ts';
import { readingGroupsOf } from '../groups.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** A consumer cannot be fresher than what its producers promise. */
export const stricterThanPromise: Rule = {
  name: 'stricter-than-promise',
  judges: {
    *workspace(workspace, ask) {
      for (const entry of readingGroupsOf(workspace, ask)) {
        const wantedMs = latencyMs(entry.group);
        if (wantedMs === null) continue;
        for (const datastore of new Set(entry.reads.map((read) => read.dataset.datastore))) {
          const promisedMs = freshnessMs(datastore);
          if (promisedMs === null || wantedMs >= promisedMs) continue;
          yield {
            message: `group '${entry.address}' asks for a latency of ${entry.group.latency ?? `${defaultLatency} (it says nothing else)`}, but datastore '${datastore.address}' promises a freshness of ${datastore.promises?.freshness}, so the group would be late by design.`,
            help: `Ask for  latency: '${datastore.promises?.freshness}'  or more, or agree on a better promise with the owner of '${datastore.address}'.`,
            at: spotOf(entry.address, 'latency'),
            related: [{ message: 'the promise', at: spotOf(datastore.address, 'promises') }],
          };
        }
      }
    },
  },
};
