import { parentPort } from 'node:worker_threads';
import { must } from '../../base/must.ts';
import { type RootResult, rootReader } from '../root.ts';
import { openSandbox } from './evaluate.ts';
import type { FromWorker, ToWorker } from './judge.ts';

/** The killable side: takes a model and paths of its roots, gives what they came to. After `aborted` it must not be asked again. */
const port = must(parentPort, 'the port of a worker');
const sandbox = await openSandbox();
let read: ((file: string) => RootResult) | null = null;
const say = (message: FromWorker) => port.postMessage(message);

port.on('message', (message: ToWorker) => {
  if (message.kind === 'open') {
    read = rootReader(message.input, sandbox);
    return;
  }
  try {
    say({ kind: 'read', result: must(read, 'a model that was opened')(message.file) });
  } catch (cause) {
    say({ kind: 'aborted', message: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause) });
  }
});
say({ kind: 'ready' });
