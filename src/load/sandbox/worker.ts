import { parentPort, workerData } from 'node:worker_threads';
import { must } from '../../base/must.ts';
import { type RootInput, rootReader } from '../root.ts';
import { openSandbox } from './evaluate.ts';
import type { FromWorker } from './judge.ts';

/** The killable side: takes paths of roots, gives what they came to. After `aborted` it must not be asked again. */
const port = must(parentPort, 'the port of a worker');
const input: RootInput = workerData;
const read = rootReader(input, await openSandbox());
const say = (message: FromWorker) => port.postMessage(message);

port.on('message', (file: string) => {
  try {
    say({ kind: 'read', result: read(file) });
  } catch (cause) {
    say({ kind: 'aborted', message: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause) });
  }
});
say({ kind: 'ready' });
