import { parseDurationMs } from '../../model/duration.ts';
import { containersOf } from '../containers.ts';
import { groupsOf } from '../groups.ts';
import type { Report, Rule, Spot } from '../rule.ts';
import { meshSpot, spotOf, within } from '../spots.ts';

/** A duration is a number with a unit, greater than nothing. */
export const badDuration: Rule = {
  name: 'bad-duration',
  judges: {
    *mesh({ regulators = {} }) {
      for (const [name, { minimumRetention }] of Object.entries(regulators))
        yield* ofDuration(
          `what regulator '${name}' demands`,
          minimumRetention,
          meshSpot('regulators', name, 'minimumRetention'),
        );
    },
    *environment(environment) {
      for (const entry of containersOf(environment)) {
        const { durability } = entry.container;
        if (typeof durability === 'object')
          yield* ofDuration('what its sources keep', durability.keep, within(entry.spot, 'durability', 'keep'));
      }
    },
    *datastore({ address, promises, changes }) {
      yield* ofDuration('how often all keys are compared', changes.sweep, spotOf(address, 'changes', 'sweep'));
      yield* ofDuration("the datastore's freshness", promises?.freshness, spotOf(address, 'promises', 'freshness'));
    },
    *workspace(workspace) {
      for (const { address, group } of groupsOf(workspace)) {
        yield* ofDuration("the group's latency", group.latency, spotOf(address, 'latency'));
        yield* ofDuration("the group's retention", group.retention, spotOf(address, 'retention'));
      }
    },
  },
};

function* ofDuration(what: string, text: string | undefined, at: Spot): Iterable<Report> {
  if (text === undefined) return;
  const ms = parseDurationMs(text);
  if (ms !== null && ms > 0) return;
  yield {
    message:
      ms === null
        ? `'${text}' is no duration, so ${what} cannot be kept or measured.`
        : `'${text}' is no time at all, so ${what} could never be kept.`,
    help: "Write a number and a unit (ms, s, m, h, d, w or y):  '10s',  '1h',  '7y'.",
    at,
  };
}
