import { type Connection, EngineError } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import { loadedDatasets } from '../bookkeeping.ts';
import { readCheckpoint } from '../checkpoint.ts';
import { gapsOf } from '../gaps.ts';
import { waitingIn } from '../quality/waiting.ts';
import { unreadable } from './findings.ts';
import type { Part } from './part.ts';
import type { VerifyRequest } from './request.ts';
import { stepsOf } from './steps.ts';
import { type DatasetVerdict, type Standing, verdictOf } from './verdict.ts';

/**
 * Is the dataset in the store what it is at the source, in each replica what it is in the store, and do its versions
 * follow one another? Reads alone, a range at a time; no transaction is open for longer than one reading, and the source
 * may be written to meanwhile. What cannot be read is a finding. Errors: EngineError where a database is away.
 */
export async function verifyDataset(request: VerifyRequest): Promise<DatasetVerdict> {
  await using store = await request.store.connect();
  const parts: Part[] = [...(request.resume?.parts ?? [])];
  const findings: Finding[] = [];
  const before = await tolerating(request, ['store', 'store'], findings, () => standingBefore(request, store));
  // Where the store has nothing yet, that is all there is to say.
  const isLoaded = before !== null && before.completeFrom !== null;
  for (const step of isLoaded ? stepsOf(request) : []) {
    if (parts.some((part) => part.step === step.name)) continue;
    const open = request.resume?.open;
    const part = await tolerating(request, step.between, findings, () =>
      step.work(store, {
        pace: request.pace ?? (() => Promise.resolve()),
        ...(request.rowsInRange === undefined ? {} : { rowsInRange: request.rowsInRange }),
        ...(open?.step === step.name ? { resume: open } : {}),
        onRange: async (from, soFar) =>
          request.onProgress?.({ parts: [...parts], open: from === null ? null : { step: step.name, from, soFar } }),
      }),
    );
    if (part !== null) parts.push(part);
    await request.onProgress?.({ parts: [...parts], open: null });
  }
  const after = isLoaded ? await standingOf(request, store) : before;
  return verdictOf(request, parts, findings, after ?? nowhere);
}

const nowhere: Standing = { ordinal: null, position: null, completeFrom: null, gaps: [], waiting: 0 };

/** Where nothing was applied yet, not even the bookkeeping is there. */
async function standingBefore(request: VerifyRequest, store: Connection): Promise<Standing> {
  try {
    return await standingOf(request, store);
  } catch (failure) {
    if (failure instanceof EngineError && failure.kind === 'missing') return nowhere;
    throw failure;
  }
}

async function standingOf({ stream, dataset }: VerifyRequest, store: Connection): Promise<Standing> {
  const held = await readCheckpoint(store, stream);
  const loaded = (await loadedDatasets(store, stream)).get(dataset.address);
  return {
    ordinal: held?.ordinal ?? null,
    position: held?.position ?? null,
    completeFrom: loaded?.completeFrom ?? null,
    gaps: (await gapsOf(store, stream)).filter((gap) => gap.address === null || gap.address === dataset.address),
    waiting: await waitingIn(store, dataset),
  };
}

/** Null where it cannot be read, with the finding that says why. A database that is away is nothing to say of a dataset. */
async function tolerating<T>(
  request: VerifyRequest,
  between: readonly [string, string],
  findings: Finding[],
  work: () => Promise<T>,
): Promise<T | null> {
  try {
    return await work();
  } catch (failure) {
    if (!(failure instanceof EngineError) || failure.isPassing || failure.kind === 'driver-absent') throw failure;
    findings.push(...(await unreadable(request, between, failure)));
    return null;
  }
}
