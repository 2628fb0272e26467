import type { Plan, StreamNode } from '../plan/plan.ts';
import { streamOf } from '../run/release.ts';
import { UseError } from './exit.ts';

/** The stream that an address is of, or one of whose datasets it is. Errors: UseError. */
export function streamMeant(plan: Plan, address: string, environment: string): StreamNode {
  const streams = plan.nodes.filter((node) => node.kind === 'stream');
  const node = streamOf(streams, address);
  if (node !== null) return node;
  throw new UseError(
    `Nothing of '${address}' is read in environment '${environment}'. Streams there: ${streams.map(({ stream }) => stream).join(', ') || 'none'}.`,
  );
}
