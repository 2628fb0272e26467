import { must } from '../../base/must.ts';
import { type Draft, findingOf } from '../../check/draft.ts';
import { type Around, around, type Judgement, judgementOf } from '../../check/judgement.ts';
import type { Kept } from '../../check/kept.ts';
import { type Change, questions } from '../../check/questions.ts';
import { rejudge } from '../../check/rejudge.ts';
import type { Facts } from '../../engine/facts.ts';
import type { Finding } from '../../findings/finding.ts';
import { inReadingOrder } from '../../findings/make.ts';
import { nameText, type ObjectName, objectNamed } from '../../model/named.ts';
import { type Kind, kinds, type ModelObject } from '../../model/object.ts';
import { placeOf } from '../../model/places.ts';
import type { ParseSql } from '../../sql/lineage/tree.ts';
import type { Loaded } from '../load.ts';
import type { ChunkLookup } from '../lookup.ts';

/**
 * What `check` found in a model, with what each object's judgement rests on: a model that differs from it in a few objects
 * is judged by judging those again, and the few whose judgement rests on what they changed. Plain JSON, good for the
 * program that wrote it.
 */
export type Judged = {
  readonly asOfMs: number;
  /** Every object with its digest. Others name it by its place here. */
  readonly objects: readonly (readonly [kind: Kind, address: string, digest: string])[];
  /** Of the objects in which something was found. */
  readonly drafts: readonly (readonly [object: number, drafts: readonly Draft[]])[];
  /** Objects that rest on the answer to each question. */
  readonly resting: readonly (readonly [question: string, objects: readonly number[]])[];
};

type Against = { readonly facts: Facts; readonly asOfMs: number; readonly parseSql?: ParseSql };

/** Judges every object of a model: what `check` finds. */
export function judgeAll(lookup: ChunkLookup, against: Against): Judged {
  const head = headOf(lookup, against);
  const names = namesIn(lookup);
  function* all(): Generator<Anew> {
    for (const name of names) {
      const object = objectNamed(lookup, name);
      if (object !== null) yield { object: name, judgement: judgementOf(object, head) };
    }
  }
  return judgedWith(lookup, against.asOfMs, { drafts: new Map(), reads: new Map() }, all());
}

/** The same, where a former model was judged; null where too much is another, or what it was is not known any more. */
export function judgeAgain(
  lookup: ChunkLookup,
  against: Against,
  former: Judged,
  formerObject: (name: ObjectName, digest: string) => ModelObject | null,
): Judged | null {
  const changes = changesSince(former, lookup, formerObject);
  if (changes === null) return null;
  const anew = [...rejudge(keptOf(former), changes, headOf(lookup, against)).values()];
  return changes.every(({ before, after }) => before !== null && after !== null)
    ? patched(lookup, against.asOfMs, former, anew)
    : judgedWith(lookup, against.asOfMs, byObject(former), anew);
}

/** The same objects, of which a few were judged anew: the rest stays as it stands. */
function patched(lookup: ChunkLookup, asOfMs: number, former: Judged, anew: readonly Anew[]): Judged {
  const indexes = new Map(former.objects.map(([kind, address], index) => [nameText({ kind, address }), index]));
  const drafts = new Map(former.drafts);
  const digests = new Map<number, string>();
  const added = new Map<string, number[]>();
  for (const { object, judgement } of anew) {
    const index = must(indexes.get(nameText(object)), 'an object that was there');
    digests.set(index, lookup.digestAt(object.kind, object.address) ?? '');
    drafts.set(index, judgement?.drafts ?? []);
    for (const question of Object.keys(judgement?.reads ?? {})) {
      const objects = added.get(question);
      if (objects === undefined) added.set(question, [index]);
      else objects.push(index);
    }
  }
  const resting = former.resting.flatMap(([question, objects]) => {
    const more = added.get(question) ?? [];
    added.delete(question);
    if (more.length === 0 && !objects.some((index) => digests.has(index))) return [[question, objects] as const];
    const all = [...objects.filter((index) => !digests.has(index)), ...more].sort((a, b) => a - b);
    return all.length === 0 ? [] : [[question, all] as const];
  });
  return {
    asOfMs,
    objects: former.objects.map((one, index) => {
      const digest = digests.get(index);
      return digest === undefined ? one : [one[0], one[1], digest];
    }),
    drafts: [...drafts].filter(([, some]) => some.length > 0).sort(([a], [b]) => a - b),
    resting: [...resting, ...[...added].map(([question, own]) => [question, own.sort((a, b) => a - b)] as const)],
  };
}

function headOf(lookup: ChunkLookup, { facts, asOfMs, parseSql }: Against): Around {
  const sql = parseSql === undefined ? {} : { parseSql };
  return around(lookup, facts, asOfMs, { digestAt: lookup.digestAt, ...sql });
}

function changesSince(
  former: Judged,
  lookup: ChunkLookup,
  formerObject: (name: ObjectName, digest: string) => ModelObject | null,
): readonly Change[] | null {
  const gone = new Map(former.objects.map((one) => [nameText({ kind: one[0], address: one[1] }), one]));
  const changes: Change[] = [];
  const most = Math.max(few, former.objects.length / 8);
  for (const name of namesIn(lookup)) {
    const was = gone.get(nameText(name));
    gone.delete(nameText(name));
    if (was?.[2] === lookup.digestAt(name.kind, name.address)) continue;
    const before = was === undefined ? null : formerObject(name, was[2]);
    if ((was !== undefined && before === null) || changes.length > most) return null;
    changes.push({ before, after: objectNamed(lookup, name) });
  }
  for (const [kind, address, digest] of gone.values()) {
    const before = formerObject({ kind, address }, digest);
    if (before === null || changes.length > most) return null;
    changes.push({ before, after: null });
  }
  return changes;
}

/** Below so many, changes of a small model are few. */
const few = 16;

/** What was found in objects, and the questions that it rests on, by the objects' names. */
type ByObject = {
  readonly drafts: Map<string, readonly Draft[]>;
  readonly reads: Map<string, readonly string[]>;
};

function byObject({ objects, drafts, resting }: Judged): ByObject {
  const nameAt = (index: number) => {
    const [kind, address] = objects[index] ?? ['mesh', ''];
    return nameText({ kind, address });
  };
  const reads = new Map<string, string[]>();
  for (const [question, resters] of resting)
    for (const index of resters) {
      const own = reads.get(nameAt(index));
      if (own === undefined) reads.set(nameAt(index), [question]);
      else own.push(question);
    }
  return { drafts: new Map(drafts.map(([index, some]) => [nameAt(index), some])), reads };
}

type Anew = { readonly object: ObjectName; readonly judgement: Judgement | null };

function judgedWith(lookup: ChunkLookup, asOfMs: number, { drafts, reads }: ByObject, anew: Iterable<Anew>): Judged {
  for (const { object, judgement } of anew) {
    drafts.set(nameText(object), judgement?.drafts ?? []);
    reads.set(nameText(object), Object.keys(judgement?.reads ?? {}));
  }
  const names = namesIn(lookup);
  const resting = new Map<string, number[]>();
  for (const [index, name] of names.entries())
    for (const question of reads.get(nameText(name)) ?? []) {
      const objects = resting.get(question);
      if (objects === undefined) resting.set(question, [index]);
      else objects.push(index);
    }
  return {
    asOfMs,
    objects: names.map(({ kind, address }) => [kind, address, lookup.digestAt(kind, address) ?? '']),
    drafts: names.flatMap((name, index) => {
      const own = drafts.get(nameText(name)) ?? [];
      return own.length === 0 ? [] : [[index, own] as const];
    }),
    resting: [...resting],
  };
}

/** In the order in which `check` judges them. */
function namesIn(lookup: ChunkLookup): ObjectName[] {
  return kinds.flatMap((kind) => lookup.addresses(kind).map((address) => ({ kind, address })));
}

/** What `rejudge` asks of what was kept: which objects rest on what. */
function keptOf({ asOfMs, objects, resting }: Judged): Kept {
  const byQuestion = new Map(resting);
  const prefix = questions.day('');
  return {
    asOfMs,
    // Nobody asks: what stands is taken over as it is.
    judgement: () => null,
    restingOn: (question) =>
      (byQuestion.get(question) ?? []).flatMap((index) => {
        const object = objects[index];
        return object === undefined ? [] : [{ kind: object[0], address: object[1] }];
      }),
    days: () => resting.flatMap(([question]) => (question.startsWith(prefix) ? [question.slice(prefix.length)] : [])),
  };
}

/** The findings, where things stand now. */
export function findingsOf(judged: Judged, lookup: ChunkLookup, { places }: Pick<Loaded, 'places'>): Finding[] {
  const at = (address: string, ...path: readonly (string | number)[]) => placeOf(places, address, ...path);
  return inReadingOrder(judged.drafts.flatMap(([, drafts]) => drafts.map((draft) => findingOf(draft, lookup, at))));
}
