import type { Facts } from '../engine/facts.ts';
import { parseDay } from '../model/duration.ts';
import type { Lookup } from '../model/lookup.ts';
import type { Kind, ModelObject } from '../model/object.ts';
import type { ParseSql } from '../sql/lineage/tree.ts';
import { askOf, type Draft, judgeObject } from './draft.ts';
import { type AnswerDigests, answerDigestsOf, questions } from './questions.ts';
import type { Ask, Rule } from './rule.ts';

/**
 * What the rules say of one object, and what that rests on: it is what they would say of it in any model, at any time,
 * in which every question has the answer that it had here. Plain JSON; good for the program whose rules said it.
 */
export type Judgement = {
  readonly drafts: readonly Draft[];
  /** Every question that a rule asked, and that of the object itself -> digest of the answer. */
  readonly reads: Readonly<Record<string, string>>;
  /** When the first of the days begins that were asked about and had not begun; null: none was. */
  readonly validUntilMs: number | null;
};

/** What objects are judged against. */
export type Around = {
  readonly lookup: Lookup;
  readonly facts: Facts;
  readonly asOfMs: number;
  /** Asks without noting; what it remembers, all judgements share. */
  readonly ask: Ask;
  /** Of the answers of `lookup`. */
  readonly digests: AnswerDigests;
  /** Absent: every rule of check. */
  readonly rules?: readonly Rule[];
};

/** `digestAt`: of an object, where a store knows it. */
export function around(
  lookup: Lookup,
  facts: Facts,
  asOfMs: number,
  options: {
    readonly parseSql?: ParseSql;
    readonly digestAt?: (kind: Kind, address: string) => string | null;
    readonly rules?: readonly Rule[];
  } = {},
): Around {
  const { digestAt, parseSql, ...rest } = options;
  const ask = askOf(lookup, facts, asOfMs, parseSql);
  return { lookup, facts, asOfMs, ask, digests: answerDigestsOf(lookup, digestAt), ...rest };
}

/** What the rules say, where nobody needs to know what that rests on. */
export function draftsOf(object: ModelObject, { ask, rules }: Around): readonly Draft[] {
  return judgeObject(object, ask, rules);
}

/** The same with every question that was asked: what the answers were need not be known to judge again. */
export function questionedDrafts(
  object: ModelObject,
  around: Around,
): { readonly drafts: readonly Draft[]; readonly questions: ReadonlySet<string> } {
  const asked = new Set([questions.object(object.kind, object.address)]);
  const ask = recorded(around, (question) => asked.add(question));
  return { drafts: judgeObject(object, ask, around.rules), questions: asked };
}

export function judgementOf(object: ModelObject, around: Around): Judgement {
  const reads = new Map<string, string>();
  let validUntilMs = Number.POSITIVE_INFINITY;
  reads.set(questions.object(object.kind, object.address), around.digests.object(object.kind, object.address));
  const drafts = judgeObject(
    object,
    recorded(around, (question, digest, day) => {
      if (!reads.has(question)) reads.set(question, digest());
      if (day !== undefined && !day.isReached) validUntilMs = Math.min(validUntilMs, day.atMs);
    }),
    around.rules,
  );
  return {
    drafts,
    // In one order, whoever asked first: what is kept has one text.
    reads: Object.fromEntries([...reads].sort(([a], [b]) => (a < b ? -1 : 1))),
    validUntilMs: Number.isFinite(validUntilMs) ? validUntilMs : null,
  };
}

type Note = (
  question: string,
  digest: () => string,
  day?: { readonly atMs: number; readonly isReached: boolean },
) => void;

/** The same answers, each noted. */
function recorded({ ask, digests }: Around, note: Note): Ask {
  return {
    ...ask,
    object: (kind, address) => {
      note(questions.object(kind, address), () => digests.object(kind, address));
      return ask.object(kind, address);
    },
    part: (part, address, name = '') => {
      note(questions.part(part, address, name), () => digests.part(part, address, name));
      return ask.part(part, address, name);
    },
    found: (index, key) => {
      note(questions.found(index, key), () => digests.found(index, key));
      return ask.found(index, key);
    },
    addresses: (kind) => {
      note(questions.addresses(kind), () => digests.addresses(kind));
      return ask.addresses(kind);
    },
    isReached: (day) => {
      const isReached = ask.isReached(day);
      const atMs = parseDay(day) ?? Number.POSITIVE_INFINITY;
      note(questions.day(day), () => (isReached ? 'reached' : 'ahead'), { atMs, isReached });
      return isReached;
    },
  };
}
