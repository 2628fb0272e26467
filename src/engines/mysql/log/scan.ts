import type { Access } from '../../../engine/engine.ts';
import { openDump } from './dump.ts';
import type { Event } from './event.ts';
import { fileNumber, type Place } from './position.ts';
import { type Walk, walkFrom } from './walk.ts';

export type Scan = {
  readonly access: Access;
  readonly reader: string;
  /** The file's name, and where in it. */
  readonly from: { readonly file: string; readonly offset: number };
  /** Up to here; null: to the log's end. */
  readonly to: Pick<Place, 'file' | 'offset'> | null;
};

/** Looks at the log's events beside whoever reads it, until `look` gives true or the end. */
export async function scanLog(
  scan: Scan,
  look: (event: Event, walk: Walk) => boolean | Promise<boolean>,
): Promise<void> {
  const { access, from, to } = scan;
  await using dump = await openDump(access, { ...from, reader: `${scan.reader} scan`, atEnd: 'end' });
  const start = { file: fileNumber(from.file), offset: from.offset, opened: null, gtid: '' };
  const walk = walkFrom(start, access.label);
  while (!dump.isAtEnd) {
    for (let event = dump.next(); event !== null; event = dump.next()) {
      if (!walk.take(event)) continue;
      if (to !== null && (walk.file > to.file || (walk.file === to.file && walk.offset > to.offset))) return;
      if (await look(event, walk)) return;
    }
    await dump.more();
  }
}
