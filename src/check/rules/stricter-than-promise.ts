import { parseDurationMs } from '../../model/duration.ts';
import type { Rule } from '../rule.ts';
import { objectSpot, within } from '../subject.ts';

/** A consumer cannot be fresher than what its producers promise. */
export const stricterThanPromise: Rule = {
  name: 'stricter-than-promise',
  *find({ groups }) {
    for (const entry of groups) {
      const { latency } = entry.group;
      const wantedMs = latency === undefined ? null : parseDurationMs(latency);
      if (wantedMs === null) continue;
      for (const datastore of new Set(entry.reads.map((read) => read.dataset.datastore))) {
        const freshness = datastore.promises?.freshness;
        const promisedMs = freshness === undefined ? null : parseDurationMs(freshness);
        if (promisedMs === null || wantedMs >= promisedMs) continue;
        yield {
          message: `group '${entry.address}' asks for a latency of ${latency}, but datastore '${datastore.address}' promises a freshness of ${freshness}, so the group would be late by design.`,
          help: `Ask for  latency: '${freshness}'  or more, or agree on a better promise with the owner of '${datastore.address}'.`,
          at: within(entry.spot, 'latency'),
          related: [{ message: 'the promise', at: within(objectSpot(datastore.address), 'promises') }],
        };
      }
    }
  },
};
