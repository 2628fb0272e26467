import type { Loss } from '../../engine/capture.ts';
import { EngineError } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';

/** What parks a stream whose log cannot be followed; null: all streams of the source. */
export function lossFinding(stream: string | null, loss: Pick<Loss, 'message' | 'help'>): Finding {
  return finding({ rule: 'changes-lost', address: stream, message: loss.message, help: loss.help });
}

/** The same as a failure that does not pass by itself. */
export function lossError(stream: string | null, { message, help }: Pick<Loss, 'message' | 'help'>): EngineError {
  const what = stream === null ? '' : `Stream '${stream}' cannot go on: `;
  return new EngineError('missing', `${what}${message} ${help}`);
}

/** Said before it is full. */
export function inboxFilling(stream: string, bytes: number, bound: number): Finding {
  const size = (of: number) => `${(of / 2 ** 30).toFixed(1)} GiB`;
  return finding({
    rule: 'inbox-filling',
    severity: 'warning',
    address: stream,
    message: `${size(bytes)} of changes of stream '${stream}' wait in its inbox, which holds ${size(bound)}: beyond that they are let go, and its rows must be read anew.`,
    help: `Say what holds it (freehold status), mend that, then  freehold resume ${stream} --yes`,
  });
}

/** More has come than may wait: the log is let go, and the rows are read anew when the stream goes on. */
export function inboxFull(bytes: number): Pick<Loss, 'message' | 'help'> & { readonly cause: 'inbox-full' } {
  return {
    cause: 'inbox-full',
    message: `More than ${(bytes / 2 ** 30).toFixed(1)} GiB of changes have waited in its inbox, which holds no more; they were let go, so that the log of the source does not grow for it.`,
    help: 'Its rows are read anew when it goes on: mend what holds it, then  freehold resume  it.',
  };
}
