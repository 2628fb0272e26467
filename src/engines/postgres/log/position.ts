import type { Position } from '../../../engine/capture.ts';

/**
 * A position is the log sequence number of a commit record's first byte: "everything whose commit record starts here or
 * before is done". The server's own `confirmed_flush_lsn` means "everything before", so it is one larger: `pastOf`.
 */

/** `16/B374D848` -> `00000016B374D848`. */
export function positionOfLsn(lsn: string): Position {
  const [high = '0', low = '0'] = lsn.split('/');
  return high.padStart(8, '0').toUpperCase() + low.padStart(8, '0').toUpperCase();
}

/** As the server writes it: `16/B374D848`. */
export function lsn(position: Position): string {
  const part = (hex: string) => Number.parseInt(hex, 16).toString(16).toUpperCase();
  return `${part(position.slice(0, 8))}/${part(position.slice(8))}`;
}

export function readPosition(bytes: Buffer, at: number): Position {
  return bytes.toString('hex', at, at + 8).toUpperCase();
}

/** The last position before a log sequence number: what is done when the log has been read up to it. */
export function positionBefore(lsn: Position): Position {
  return move(lsn, -1n);
}

/** The log sequence number to acknowledge so that the position's transaction is not sent again. */
export function pastOf(position: Position): Position {
  return move(position, 1n);
}

function move(position: Position, by: bigint): Position {
  const moved = BigInt(`0x${position}`) + by;
  return (moved < 0n ? 0n : moved).toString(16).toUpperCase().padStart(16, '0');
}
