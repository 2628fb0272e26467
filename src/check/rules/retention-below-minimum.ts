import { parseDurationMs } from '../../model/duration.ts';
import { own } from '../../model/effective.ts';
import { groupsOf } from '../groups.ts';
import { wordsOfMesh } from '../mesh.ts';
import type { Rule } from '../rule.ts';
import { meshSpot, spotOf } from '../spots.ts';

/** Who answers to a regulator keeps versions at least as long as it demands. */
export const retentionBelowMinimum: Rule = {
  name: 'retention-below-minimum',
  judges: {
    *workspace(workspace, ask) {
      for (const { address, group } of groupsOf(workspace)) {
        const { regulator, retention } = group;
        const minimum =
          regulator === undefined ? undefined : own(wordsOfMesh(ask).regulators ?? {}, regulator)?.minimumRetention;
        if (minimum === undefined) continue;
        const minimumMs = parseDurationMs(minimum);
        const keptMs = retention === undefined ? 0 : parseDurationMs(retention);
        if (minimumMs === null || keptMs === null || keptMs >= minimumMs) continue;
        yield {
          message: `group '${address}' answers to regulator '${regulator}', who demands a retention of ${minimum}, but ${retention === undefined ? 'says none' : `its retention is ${retention}`}.`,
          help: `Write  retention: '${minimum}'  or more.`,
          at: spotOf(address, retention === undefined ? 'regulator' : 'retention'),
          related: [{ message: 'the demand', at: meshSpot('regulators', regulator ?? '', 'minimumRetention') }],
        };
      }
    },
  },
};
