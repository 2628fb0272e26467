import type { Position } from '../../../engine/capture.ts';
import { pastOf } from './position.ts';

/** Standby status update: written, flushed and applied up to the acknowledged position. Asks for an answer where wanted. */
export function standbyStatus(acknowledged: Position, nowMs: number, wantsAnswer: boolean): Buffer {
  const body = Buffer.allocUnsafe(34);
  const lsn = Buffer.from(pastOf(acknowledged), 'hex');
  body[0] = 0x72;
  lsn.copy(body, 1);
  lsn.copy(body, 9);
  lsn.copy(body, 17);
  // Microseconds since 2000-01-01.
  body.writeBigInt64BE(BigInt(nowMs - 946_684_800_000) * 1000n, 25);
  body[33] = wantsAnswer ? 1 : 0;
  return body;
}
