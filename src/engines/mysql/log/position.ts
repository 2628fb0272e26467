import type { Position } from '../../../engine/capture.ts';
import { EngineError } from '../../../engine/connection.ts';

/**
 * A place of the binary log: a file by the number that ends its name, and where in it the last whole transaction ends. As a
 * position `0000000003:0000000012345/1767225600/0-1-77`: the first two parts, of fixed width, sort in log order; then, where
 * known, when the file was opened (seconds since 1970: after RESET MASTER, or on a restored server, another file has the
 * same number), and the global transaction ids until there, which another server of the group would need.
 *
 * Two positions of one place may differ in what is known: the one that the reader makes is the longer.
 */
export type Place = {
  readonly file: number;
  readonly offset: number;
  readonly opened: number | null;
  readonly gtid: string;
};

export function positionAt({ file, offset, opened, gtid }: Place): Position {
  const sorted = `${String(file).padStart(10, '0')}:${String(offset).padStart(13, '0')}`;
  if (opened === null) return sorted;
  return gtid === '' ? `${sorted}/${opened}` : `${sorted}/${opened}/${gtid}`;
}

export function placeOf(position: Position): Place {
  const [, file, offset, opened, gtid] = /^(\d{10}):(\d{13})(?:\/(\d+)(?:\/(.*))?)?$/s.exec(position) ?? [];
  if (file === undefined || offset === undefined)
    throw new EngineError('statement', `'${position}' is no position of a binary log.`);
  return {
    file: Number(file),
    offset: Number(offset),
    opened: opened === undefined ? null : Number(opened),
    gtid: gtid ?? '',
  };
}

/** `binlog.000003` -> 3. */
export function fileNumber(file: string): number {
  return Number(/\.(\d+)$/.exec(file)?.[1] ?? Number.NaN);
}
