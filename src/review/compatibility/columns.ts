import { columnAddress, memberAddress } from '../../model/address.ts';
import { isPastRemoval } from '../../model/deprecated.ts';
import { isNullable } from '../../model/effective.ts';
import { type Matched, matched } from '../../model/identity.ts';
import type { Column, Dataset, Datastore, Deprecation, Reference } from '../../model/model.ts';
import { type Changed, typeChanges } from '../../types/change.ts';
import { typeText } from '../../types/text.ts';
import type { Judgement } from './judgement.ts';
import { isWhole, names, type Reader, seesValues } from './readers.ts';
import { table } from './table.ts';

/** A dataset that is in base and in head, perhaps under another name. */
export type DatasetPair = {
  readonly datastore: string;
  readonly before: { readonly name: string; readonly dataset: Dataset };
  readonly after: { readonly name: string; readonly dataset: Dataset };
  /** Of the dataset and its datastore, in base. */
  readonly deprecations: readonly (Deprecation | undefined)[];
  /** Who reads it in base, and who in head, by address. */
  readonly readersBefore: ReadonlyMap<string, Reader>;
  readonly readersAfter: ReadonlyMap<string, Reader>;
};

/** What its columns and its key do to kept rows and to readers. */
export function columnJudgements(pair: DatasetPair, asOfMs: number): readonly Judgement[] {
  const columns = matched(columnsOf(pair.before.dataset), columnsOf(pair.after.dataset));
  return [...columns.flatMap((one) => oneColumn(pair, one, asOfMs)), ...keyJudgements(pair, columns)];
}

export function datasetsOf({ datasets, tombstones = [] }: Datastore) {
  return { members: datasets, tombstones };
}

export function columnsOf({ columns, tombstones = [] }: Dataset) {
  return { members: columns, tombstones };
}

function oneColumn(pair: DatasetPair, { before, after }: Matched<Column>, asOfMs: number): readonly Judgement[] {
  if (before === null) return after === null ? [] : added(pair, after.name, after.thing);
  if (after === null) return removed(pair, before.name, before.thing, asOfMs);
  return [...renamed(pair, before.name, after.name), ...retyped(pair, before, after), ...nullable(pair, before, after)];
}

function added(pair: DatasetPair, name: string, column: Column): readonly Judgement[] {
  if (isNullable(column) || column.default !== undefined) return [];
  return [
    {
      ...about(pair, null, name),
      rule: 'column-required',
      what: `column '${name}' of '${addressAfter(pair)}' is new and required, and has no default.`,
      changes: ['column-added-required'],
      readers: [],
      instead: `Add it as one that may be null (  ${name}: ....nullable()  ) and require it once every row has a value, or give it a default.`,
    },
  ];
}

function removed(pair: DatasetPair, name: string, column: Column, asOfMs: number): readonly Judgement[] {
  // Whoever takes every column has been told for long enough.
  const { deprecations } = pair;
  if (hasRunOut([column.deprecated, ...deprecations], asOfMs)) return [];
  const readers = breaking(
    pair,
    (one) => isWhole(one) || names(one, name),
    (one) => isWhole(one) || names(one, name),
  );
  if (readers.length === 0) return [];
  return [
    {
      ...about(pair, name, null),
      rule: 'column-removed',
      what: `column '${name}' of '${addressBefore(pair)}' is removed.`,
      changes: ['column-removed'],
      readers,
      instead: `Keep it and deprecate it (  .deprecated({ removal: '...' })  ): once that day has come, readers of all columns no longer hold it.`,
    },
  ];
}

export function hasRunOut(deprecations: readonly (Deprecation | undefined)[], asOfMs: number): boolean {
  return deprecations.some((one) => one !== undefined && isPastRemoval(one, asOfMs));
}

function renamed(pair: DatasetPair, before: string, after: string): readonly Judgement[] {
  if (before === after) return [];
  const readers = breaking(
    pair,
    (one) => isWhole(one) || names(one, before),
    (one) => isWhole(one) || names(one, before),
  );
  if (readers.length === 0) return [];
  return [
    {
      ...about(pair, before, after),
      rule: 'column-renamed',
      what: `column '${before}' of '${addressBefore(pair)}' is renamed to '${after}'.`,
      changes: ['column-renamed'],
      readers,
      instead: `Keep '${before}': its doc may say what else it is called. Or have the source write a column '${after}' beside it, add that, and deprecate '${before}'.`,
    },
  ];
}

type Named = { readonly name: string; readonly thing: Column };

/** What breaks by it is one finding, so that a change takes one consent; what only warns is told beside it. */
function retyped(pair: DatasetPair, before: Named, after: Named): readonly Judgement[] {
  const found = typeChanges(before.thing.type, after.thing.type);
  const rules = new Set(found.flatMap(({ change }) => table[change].rule ?? []));
  const told = rules.delete(widened) ? found.filter(({ change }) => table[change].rule === widened) : [];
  const broken = found.filter(({ change }) => rules.has(table[change].rule ?? ''));
  // That it is another type says more than that it is a narrower one.
  const rule = rules.has('column-retyped') ? 'column-retyped' : [...rules][0];
  return [
    ...(rule === undefined ? [] : ofType(pair, before, after, rule, broken)),
    ...(told.length === 0 ? [] : ofType(pair, before, after, widened, told)),
  ];
}

const widened = 'column-widened';

function ofType(
  pair: DatasetPair,
  before: Named,
  after: Named,
  rule: string,
  found: readonly Changed[],
): readonly Judgement[] {
  const [from, into] = [typeText(before.thing.type), typeText(after.thing.type)];
  const kinds = found.map(({ change }) => change);
  const copes = (one: Reference) => kinds.every((kind) => table[kind].unless === 'enums') && one.enums === 'open';
  const readers = breaking(
    pair,
    (one) => seesValues(one, before.name),
    (one) => seesValues(one, after.name) && !copes(one),
  );
  const isFalse = kinds.some((kind) => table[kind].history === 'breaks');
  if (readers.length === 0 && !isFalse) return [];
  const words = found.map(({ change, inside }) => `${table[change].words}${inside === '' ? '' : ` (${inside})`}`);
  return [
    {
      ...about(pair, before.name, after.name),
      rule,
      what: `column '${before.name}' of '${addressBefore(pair)}' changes from ${from} to ${into}: ${words.join('; ')}.`,
      changes: kinds,
      readers,
      instead:
        rule === widened
          ? "Tell its readers; a reference that copes with new values of an enum says  enums: 'open'."
          : `Keep ${from}${rule === 'column-narrowed' ? ' or a wider type' : ''}, or add a column of the new type beside it and deprecate this one, so that readers move first.`,
      ...(rule === widened ? { severity: 'warning' } : {}),
    },
  ];
}

function nullable(pair: DatasetPair, before: Named, after: Named): readonly Judgement[] {
  if (isNullable(before.thing) || !isNullable(after.thing)) return [];
  const readers = breaking(
    pair,
    (one) => seesValues(one, before.name),
    (one) => seesValues(one, after.name) && one.nulls !== 'ok',
  );
  if (readers.length === 0) return [];
  return [
    {
      ...about(pair, before.name, after.name),
      rule: 'column-nullable',
      what: `column '${before.name}' of '${addressBefore(pair)}' was required and may now be null.`,
      changes: ['column-nullable'],
      readers,
      instead: "Keep it required. A reader that copes says so in its reference:  nulls: 'ok'.",
    },
  ];
}

function keyJudgements(pair: DatasetPair, columns: readonly Matched<Column>[]): readonly Judgement[] {
  const { before, after } = pair;
  const nowCalled = new Map(columns.map((one) => [one.before?.name, one.after?.name]));
  // By identity, so that a renamed key column is the same; the order of a key has no meaning for rows.
  const kept = (before.dataset.key ?? []).map((name) => nowCalled.get(name) ?? '');
  const now = after.dataset.key ?? [];
  if (kept.length === now.length && kept.every((name) => now.includes(name))) return [];
  const words = (key: readonly string[] | undefined) => (key === undefined ? 'none' : `(${key.join(', ')})`);
  return [
    {
      ...about(pair, null, null),
      rule: 'key-changed',
      what: `the key of '${addressBefore(pair)}' changes from ${words(before.dataset.key)} to ${words(after.dataset.key)}.`,
      changes: ['key-changed'],
      readers: breaking(
        pair,
        () => true,
        () => true,
      ),
      instead: 'Keep the key, or add a dataset with the new one beside it and deprecate this one.',
    },
  ];
}

/** Readers that use it in base and go on using it in head: one that changed along with it, or is new, has nothing to break. */
export function breaking(
  { readersBefore, readersAfter }: DatasetPair,
  usedBefore: (reference: Reference) => boolean,
  usesStill: (reference: Reference) => boolean,
): readonly Reader[] {
  return [...readersAfter.values()].filter(
    (reader) =>
      reader.references.some(usesStill) && (readersBefore.get(reader.address)?.references.some(usedBefore) ?? false),
  );
}

function about(pair: DatasetPair, before: string | null, after: string | null) {
  const dataset = addressBefore(pair);
  const named = before ?? after;
  const address =
    named === null
      ? dataset
      : columnAddress(pair.datastore, before === null ? pair.after.name : pair.before.name, named);
  return {
    address,
    // What is gone stands where it stood; another of its name, or what is around it, is there now.
    headAddress: named === null ? addressAfter(pair) : columnAddress(pair.datastore, pair.after.name, after ?? named),
    dataset,
    columns: Object.keys(pair.before.dataset.columns),
    severity: 'error',
  } as const;
}

function addressBefore({ datastore, before }: DatasetPair): string {
  return memberAddress(datastore, before.name);
}

function addressAfter({ datastore, after }: DatasetPair): string {
  return memberAddress(datastore, after.name);
}
