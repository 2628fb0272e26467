import { byCodePoint } from '../../base/digest.ts';
import type { Draft } from '../../check/draft.ts';
import { type Around, questionedDrafts } from '../../check/judgement.ts';
import type { Resting } from '../../check/rejudge.ts';
import { meshAddress } from '../../model/address.ts';
import type { Lookup } from '../../model/lookup.ts';
import { type ObjectName, objectNamed } from '../../model/named.ts';
import { kinds } from '../../model/object.ts';
import { openStoreFile, StoreBroken, writeStore } from './file.ts';

/** What every object of a model was found to be, on disk, read by the piece. */
export type Judgements = Disposable &
  Resting & {
    /** Was anything judged? Nothing is, where there is no mesh. */
    readonly isJudged: boolean;
    /** Objects of which anything was found, with all of it. */
    readonly found: () => Iterable<{ readonly object: ObjectName; readonly drafts: readonly Draft[] }>;
  };

type Stored = ObjectName & { readonly drafts: readonly Draft[] };
type Summary = {
  readonly isJudged: boolean;
  readonly asOfMs: number;
  readonly days: readonly string[];
  /** Records of objects of which anything was found. */
  readonly found: readonly number[];
};

/** Judges every object, and keeps what each came to and which answers it rests on. Errors: those of disks. */
export async function keepJudgements(path: string, key: string, around: Around): Promise<void> {
  await writeStore(path, key, async (writer) => {
    const days = new Set<string>();
    const found: number[] = [];
    const isJudged = around.lookup.object('mesh', meshAddress) !== null;
    for (const { kind, address } of isJudged ? neighbours(around.lookup) : []) {
      const object = objectNamed(around.lookup, { kind, address });
      if (object === null) throw new StoreBroken(`${kind} ${address} is missing`);
      const { drafts, questions } = questionedDrafts(object, around);
      const stored: Stored = { kind, address, drafts };
      const record = await writer.put(JSON.stringify(stored));
      if (drafts.length > 0) found.push(record);
      for (const question of questions) {
        writer.link(question, record);
        if (question.startsWith(dayPrefix)) days.add(question.slice(dayPrefix.length));
      }
    }
    const summary: Summary = { isJudged, asOfMs: around.asOfMs, days: [...days], found };
    writer.link(summaryLink, await writer.put(JSON.stringify(summary)));
  });
}

/** All objects, so that those of a team follow one another: they read the same, which is in memory then. */
function neighbours({ addresses }: Lookup): readonly ObjectName[] {
  const all = kinds.flatMap((kind) => addresses(kind).map((address): ObjectName => ({ kind, address })));
  return all.sort((a, b) => byCodePoint(a.address, b.address));
}

const dayPrefix = 'day ';
const summaryLink = ' summary';

/** Null where there is none of this key. Errors, then and later: StoreBroken. */
export function openJudgements(path: string, key: string): Judgements | null {
  const file = openStoreFile(path, key);
  if (file === null) return null;
  // Whole pieces of ours: what they hold is what was written.
  const json = <T>(record: number): T => JSON.parse(file.record(record).toString('utf8'));
  const summary = file
    .linked(summaryLink)
    .map(json<Summary>)
    .find((one) => one.days !== undefined);
  if (summary === undefined) throw new StoreBroken('it has no summary');
  return {
    isJudged: summary.isJudged,
    asOfMs: summary.asOfMs,
    days: () => summary.days,
    // A hash may lead to an object that did not ask: judging it again does no harm.
    restingOn: (question) =>
      file
        .linked(question)
        .map(json<Stored>)
        .filter(({ kind }) => kind !== undefined),
    *found() {
      for (const record of summary.found) {
        const { drafts, ...object } = json<Stored>(record);
        yield { object, drafts };
      }
    },
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}
