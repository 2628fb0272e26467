import type { StreamNode, VerifyNode } from './plan.ts';

/** Of one processor's time, at each database. */
const share = 0.05;
const restMs = 900_000;

/** One for the environment: it goes round all streams, one range of rows after the other. */
export function verifyNodes(streams: readonly StreamNode[]): readonly VerifyNode[] {
  if (streams.length === 0) return [];
  return [
    {
      id: 'verify',
      kind: 'verify',
      after: streams.map(({ id }) => id),
      priority: 'low',
      why: ['What rests in stores and replicas is proven over and over, so that nobody has to ask.'],
      streams: streams.map(({ id }) => id),
      share,
      restMs,
    },
  ];
}
