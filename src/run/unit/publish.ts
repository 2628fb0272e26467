import type { PublishNode } from '../../plan/plan.ts';
import { publishWhenLoaded } from '../apply.ts';
import type { WorkContext } from './context.ts';

/** Publishes a group as soon as all its streams are loaded where it is served; then there is nothing more to do. */
export async function publishWork(node: PublishNode, context: WorkContext): Promise<void> {
  await using connection = await context.containers.connect(node.container, `publish ${node.group}`);
  while (!context.signal.aborted) {
    const findings = await publishWhenLoaded(connection, node, context.containers.isEmbedded(node.container));
    if (findings !== null) {
      context.on({ kind: 'published', group: node.group, findings });
      return;
    }
    if (context.once) return;
    await context.clock.sleep(100, context.signal);
  }
}
