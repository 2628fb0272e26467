import { didYouMean } from '../../findings/near-name.ts';
import { memberAddress } from '../../model/address.ts';
import type { Column, Dataset } from '../../model/model.ts';
import { placeKey } from '../../model/places.ts';
import { type At, memberAt, refuse } from '../read/at.ts';
import { deprecation, name, scalar, tombstones } from '../read/common.ts';
import { checks } from '../read/quality.ts';
import { boolean, filledText, isRecord, list, object, optional, type Reader, record, text } from '../read/reader.ts';
import type { Matches } from '../sandbox/evaluate.ts';
import { enterColumn, enterDataset } from './read.ts';

type Datasets = Readonly<Record<string, Dataset>>;
export type Classify = readonly {
  readonly pattern: string;
  readonly flags: string;
  readonly labels: readonly string[];
}[];

const columnOverlay = object({
  doc: optional(text),
  level: optional(filledText),
  labels: optional(list(filledText)),
  default: optional(scalar),
  deprecated: optional(deprecation),
  formerly: optional(list(name)),
});

export const overlay = object({
  doc: optional(text),
  key: optional(list(filledText)),
  appendOnly: optional(boolean),
  leaveOut: optional(boolean),
  deprecated: optional(deprecation),
  formerly: optional(list(name)),
  tombstones: optional(tombstones),
  quality: optional(checks),
  columns: optional(record(columnOverlay, { enter: enterColumn })),
});

const overlays: Reader<Readonly<Record<string, Overlay>>> = record(overlay, { enter: enterDataset });
type Overlay = NonNullable<ReturnType<typeof overlay>>;

/** Generated datasets with what a person adds to them: labels by pattern, then what is said of each dataset and column. */
export function overlaid(
  datasets: Datasets,
  raw: unknown,
  classify: Classify,
  at: At,
  matches: Matches,
  of: { readonly rule: 'schema-file' | 'contract-file'; readonly what: string } = {
    rule: 'schema-file',
    what: 'the schema file',
  },
): Datasets | undefined {
  const said = isRecord(raw) ? raw.datasets : undefined;
  // The overlays stand beside `classify` in the call: their places are those of its members.
  const places: Places = new Map();
  const reading = { ...at.reading, places };
  const read = overlays(said, { ...memberAt(at, 'datasets', said), reading, path: [] });
  behind(places, datasets, at);
  const labels = labelsByName(datasets, classify, at, matches);
  if (read === undefined || labels === undefined) return undefined;
  let isWhole = true;
  const unknown = (what: string, name: string, known: readonly string[], place: At, within = '') => {
    isWhole = false;
    refuse(
      place,
      of.rule,
      `${of.what} has no ${what} '${name}'${within}.${didYouMean(name, known)}`,
      'Correct the name, or remove what is said of it.',
    );
  };
  const around = memberAt(at, 'datasets', said);
  for (const [name, { columns = {}, leaveOut }] of Object.entries(read)) {
    const dataset = Object.hasOwn(datasets, name) ? datasets[name] : undefined;
    const own = memberAt(around, name, undefined);
    if (dataset === undefined) {
      unknown('dataset', name, Object.keys(datasets), own);
      continue;
    }
    if (leaveOut === true) continue;
    for (const column of Object.keys(columns)) {
      if (Object.hasOwn(dataset.columns, column)) continue;
      const place = memberAt(memberAt(own, 'columns', undefined), column, undefined);
      unknown('column', column, Object.keys(dataset.columns), place, ` in dataset '${name}'`);
    }
  }
  if (!isWhole) return undefined;
  const kept = Object.fromEntries(Object.entries(datasets).filter(([name]) => read[name]?.leaveOut !== true));
  return mapped(kept, (dataset, name) => {
    const { columns = {}, leaveOut: _, ...more } = read[name] ?? {};
    return {
      ...dataset,
      ...more,
      ...(dataset.quality === undefined ? {} : { quality: [...dataset.quality, ...(more.quality ?? [])] }),
      columns: mapped(dataset.columns, (c, n) => columnOf(c, labels.get(n) ?? [], columns[n] ?? {})),
    };
  });
}

type Places = At['reading']['places'];

/** Notes the places of what a person adds: checks stand behind those that the datasets have. */
function behind(places: Places, datasets: Datasets, { address, reading }: At): void {
  const counts = new Map(
    Object.entries(datasets).map(([name, { quality = [] }]) => [memberAddress(address, name), quality.length]),
  );
  for (const [key, place] of places) {
    const [of = '', attribute, index, ...path] = key.split('>');
    const isCheck = attribute === 'quality' && index !== undefined;
    const own = isCheck ? placeKey(of, attribute, Number(index) + (counts.get(of) ?? 0), ...path) : key;
    if (!reading.places.has(own)) reading.places.set(own, place);
  }
}

function columnOf(
  column: Column,
  found: readonly string[],
  said: NonNullable<ReturnType<typeof columnOverlay>>,
): Column {
  const labels = [...found, ...(said.labels ?? [])];
  return { ...column, ...said, ...(labels.length === 0 ? {} : { labels }) };
}

function labelsByName(
  datasets: Datasets,
  classify: Classify,
  at: At,
  matches: Matches,
): Map<string, string[]> | undefined {
  const labels = new Map<string, string[]>();
  if (classify.length === 0) return labels;
  const names = [...new Set(Object.values(datasets).flatMap((dataset) => Object.keys(dataset.columns)))];
  const found = matches(classify, names);
  if (found === null) {
    return refuse(
      at,
      'invalid-value',
      'a pattern of classify takes too long on the names of the columns.',
      'Write a simpler pattern.',
    );
  }
  for (const [index, rule] of classify.entries()) {
    for (const at of found[index] ?? []) {
      const name = names[at];
      if (name !== undefined) labels.set(name, [...(labels.get(name) ?? []), ...rule.labels]);
    }
  }
  return labels;
}

function mapped<A, B>(
  record: Readonly<Record<string, A>>,
  change: (value: A, name: string) => B,
): Readonly<Record<string, B>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
}
