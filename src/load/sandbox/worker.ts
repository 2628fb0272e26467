import { parentPort } from 'node:worker_threads';
import { must } from '../../base/must.ts';
import { type RootResult, rootReader } from '../root.ts';
import { textsIn } from '../texts.ts';
import { openSandbox, type Sandbox } from './evaluate.ts';
import type { FromWorker, ToWorker } from './judge.ts';

/**
 * The killable side: takes a model and paths of its roots, gives what they came to, some at a time; where it is among
 * them stands in memory that the other side sees. After `aborted` it must not be asked again.
 */
const port = must(parentPort, 'the port of a worker');
const say = (message: FromWorker) => port.postMessage(message);

let read: ((file: string) => Promise<RootResult>) | null = null;
/** Of a large model, of which some files are read after the others, they are told once. */
let names: { readonly roots: readonly string[]; readonly schemas: readonly string[] } = { roots: [], schemas: [] };
let progress: Int32Array = new Int32Array(1);
let open: { readonly language: string; readonly sandbox: Sandbox } | null = null;

/** Opened for the first root that needs one, and again where its memory grew. */
async function sandboxOf(language: string): Promise<Sandbox> {
  if (open === null || open.language !== language || open.sandbox.isGrown())
    open = { language, sandbox: await openSandbox(language) };
  return open.sandbox;
}

port.on('message', (message: ToWorker) => {
  if (message.kind === 'read') void answer(message.files);
  else {
    const { input } = message;
    progress = new Int32Array(message.progress);
    names = { roots: input.roots.names ?? names.roots, schemas: input.schemas.names ?? names.schemas };
    const texts = { roots: textsIn(input.roots, names.roots), schemas: textsIn(input.schemas, names.schemas) };
    read = rootReader({ ...input, ...texts }, () => sandboxOf(input.language));
  }
});

/** Answers in any case. */
async function answer(files: readonly string[]): Promise<void> {
  try {
    let results: RootResult[] = [];
    let characters = 0;
    for (const [index, file] of files.entries()) {
      Atomics.store(progress, 0, index);
      const result = await must(read, 'a model that was opened')(file);
      results.push(result);
      for (const chunk of result.chunks) characters += chunk.text.length;
      if (characters < enough) continue;
      say({ kind: 'read', results });
      results = [];
      characters = 0;
    }
    say({ kind: 'read', results });
  } catch (cause) {
    say({ kind: 'aborted', message: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause) });
  }
}
say({ kind: 'ready' });

/** Characters of results that go in one message. */
const enough = 1024 * 1024;
