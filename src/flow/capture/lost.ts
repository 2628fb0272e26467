import type { Loss } from '../../engine/capture.ts';
import { EngineError } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';

/** What parks a stream whose log cannot be followed; null: all streams of the source. */
export function lossFinding(stream: string | null, loss: Loss): Finding {
  return finding({ rule: 'changes-lost', address: stream, message: loss.message, help: loss.help });
}

/** The same as a failure that does not pass by itself. */
export function lossError(stream: string | null, { message, help }: Pick<Loss, 'message' | 'help'>): EngineError {
  const what = stream === null ? '' : `Stream '${stream}' cannot go on: `;
  return new EngineError('missing', `${what}${message} ${help}`);
}
