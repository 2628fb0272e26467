import type { EngineError } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';
import { sourceTable } from '../capture/source-tables.ts';
import type { VerifyRequest } from './request.ts';
import type { Sample } from './sample.ts';

/** Why two sides could not be compared: what the source's preflight says of the table, else what the database said. */
export async function unreadable(
  { dataset, stream, source }: VerifyRequest,
  [left, right]: readonly [string, string],
  failure: EngineError,
): Promise<readonly Finding[]> {
  if (left === 'source') {
    await using session = await source.connect();
    const found = await source.capture.preflight(session, 'snapshot', [sourceTable(dataset)]);
    const errors = found.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) return errors;
  }
  const what = left === right ? `The versions of '${dataset.address}' in ${left}` : `'${dataset.address}'`;
  const between = left === right ? '' : ` between ${left} and ${right}`;
  return [
    finding({
      rule: 'verify-unreadable',
      address: dataset.address,
      message: `${what} could not be compared${between}, so nothing is proven of it (stream '${stream}'): ${failure.message}`,
      help: 'Mend what the database says; freehold apply makes what is missing in stores and replicas. Then verify again.',
    }),
  ];
}

/** One for each sample. */
export function differences(address: string, stream: string, samples: readonly Sample[]): readonly Finding[] {
  return samples.map(({ between: [left, right], key, what, columns }) => {
    const of = columns.length === 0 ? '' : ` in ${columns.map((column) => `'${column}'`).join(', ')}`;
    const compared = left === right ? `in ${left}` : `between ${left} and ${right}`;
    return finding({
      rule: left === right || right === 'store delta' ? 'verify-history' : 'verify-difference',
      address,
      message: `${key} of '${address}' (stream '${stream}') ${what}${of}, ${compared}.`,
      help:
        left === 'source'
          ? 'The store is not what the source is. Find out who wrote to the store; a row is right again once it changes at the source, or is loaded anew.'
          : left === right || right === 'store delta'
            ? 'History is not what happened. Find out who wrote to the tables; load the dataset anew, or restore the copy of before.'
            : 'The replica is not what its store is. Find out who wrote to the replica. Delete its row of freehold.fh_dataset there, and it is copied anew.',
    });
  });
}

export function notLoaded(address: string, stream: string, where: string): Finding {
  return finding({
    rule: 'verify-behind',
    address,
    message: `'${address}' (stream '${stream}') is not loaded in ${where} yet, so there is nothing to compare.`,
    help: 'Run  freehold run  until it is loaded, then verify again. freehold status says what stands in its way.',
  });
}

export function behind(address: string, stream: string, keys: number): Finding {
  return finding({
    rule: 'verify-behind',
    address,
    message: `the store of '${address}' (stream '${stream}') did not come to where the source was when it was read, so of ${keys} keys it is not known whether they differ or are on their way.`,
    help: 'freehold status says what holds the stream up. Verify again when it moves.',
  });
}

export function quarantined(address: string, stream: string, keys: number): Finding {
  return finding({
    rule: 'verify-quarantined',
    severity: 'warning',
    address,
    message: `${keys} ${keys === 1 ? 'key' : 'keys'} of '${address}' (stream '${stream}') ${keys === 1 ? 'has' : 'have'} changes that wait in quarantine, so the store has the rows as they were before: no difference.`,
    help: `Look at them with  freehold quarantine list ${address};  then release or drop them.`,
  });
}
