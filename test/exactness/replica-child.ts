import { connected, type ReplicaOrder, replicating } from './replicating.ts';

process.once('message', (order: ReplicaOrder) => {
  (async () => {
    const [store, replica] = [await connected(order.store), await connected(order.replica)];
    process.send?.('ready');
    await replicating(store, replica, true);
  })().catch((failure: unknown) => {
    console.error(failure);
    process.exit(1);
  });
});
// A child without a parent has nothing to do.
process.on('disconnect', () => process.exit(2));
