import { parseDurationMs } from '../../model/duration.ts';
import type { Spot, WholeRule } from '../rule.ts';
import { meshSpot, type Subject, spotOf } from '../subject.ts';

/** A duration is a number with a unit, greater than nothing. */
export const badDuration: WholeRule = {
  name: 'bad-duration',
  *find(subject) {
    for (const [what, text, at] of durationsOf(subject)) {
      if (text === undefined) continue;
      const ms = parseDurationMs(text);
      if (ms !== null && ms > 0) continue;
      yield {
        message:
          ms === null
            ? `'${text}' is no duration, so ${what} cannot be kept or measured.`
            : `'${text}' is no time at all, so ${what} could never be kept.`,
        help: "Write a number and a unit (ms, s, m, h, d, w or y):  '10s',  '1h',  '7y'.",
        at,
      };
    }
  },
};

function* durationsOf({ model, groups }: Subject): Iterable<readonly [string, string | undefined, Spot]> {
  for (const { address, promises } of Object.values(model.datastores))
    yield ["the datastore's freshness", promises?.freshness, spotOf(address, 'promises', 'freshness')];
  for (const { address, group } of groups) {
    yield ["the group's latency", group.latency, spotOf(address, 'latency')];
    yield ["the group's retention", group.retention, spotOf(address, 'retention')];
  }
  for (const [name, regulator] of Object.entries(model.mesh.regulators ?? {}))
    yield [
      `what regulator '${name}' demands`,
      regulator.minimumRetention,
      meshSpot('regulators', name, 'minimumRetention'),
    ];
}
