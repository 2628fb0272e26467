import { byCodePoint } from '../base/digest.ts';
import { groupedBy } from '../base/group.ts';
import { must } from '../base/must.ts';
import type { Facts } from '../engine/facts.ts';
import { own } from '../model/effective.ts';
import type { Environment } from '../model/model.ts';
import { highestOf } from './demand.ts';
import { publicName } from './names.ts';
import type { CaptureNode, StreamNode } from './plan.ts';

/** One node a connection whose log is read: every further reader would make the source decode its whole log again. */
export function captureNodes(
  streams: readonly StreamNode[],
  environment: Environment,
  facts: Facts,
): readonly CaptureNode[] {
  const reading = streams.filter(({ mode }) => mode === 'cdc');
  const sources = [...groupedBy(reading, ({ source }) => source)].toSorted(([a], [b]) => byCodePoint(a, b));
  return sources.map(([container, fed]) => {
    const connection = container.slice('connection:'.length);
    const engine = must(own(environment.connections, connection), `connection '${connection}'`).engine;
    return {
      id: `capture:${connection}`,
      kind: 'capture',
      after: [],
      priority: highestOf(fed.map(({ priority }) => priority)),
      why: [
        fed.length === 1
          ? `Reads the log of '${connection}' for stream '${fed[0]?.stream ?? ''}'.`
          : `Reads the log of '${connection}' once for ${fed.length} streams.`,
      ],
      connection,
      container,
      streams: fed.map(({ id }) => id),
      name: publicName(['freehold', environment.name, connection], must(own(facts, engine), engine).identifierLimit),
    };
  });
}
