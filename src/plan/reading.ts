import { must } from '../base/must.ts';
import { comparesBy, keyOf, lateOf, maxDeletedShare, own, sweepMs } from '../model/effective.ts';
import type { Changes, Dataset } from '../model/model.ts';
import { msText } from './demand.ts';
import type { Late, Reading, Watermark } from './plan.ts';
import { keptName } from './tables.ts';

/** How a stream that is read at intervals is read; null where its log is. */
export function readingOf(changes: Changes): Reading | null {
  const maxDeleted = maxDeletedShare(changes);
  switch (changes.mode) {
    case 'snapshot':
      return { kind: 'snapshot', maxDeleted, compare: comparesBy(changes) };
    case 'watermark':
      return { kind: 'watermark', maxDeleted, sweepMs: sweepMs(changes) };
    default:
      return null;
  }
}

export function watermarkOf(changes: Changes, dataset: Dataset): Watermark | null {
  if (changes.mode !== 'watermark') return null;
  // Rules of check see to both.
  const column = must(changes.column, 'column of a watermark');
  const { type } = must(own(dataset.columns, column), `column '${column}'`);
  return { column: keptName(dataset, column), late: lateOf(changes, type) };
}

/** Sentences for `explain`: what moves, what is held, and what cannot be seen. */
export function readingWhy(reading: Reading | null, datasets: ReadonlyMap<string, Dataset>): readonly string[] {
  if (reading === null) return [];
  const held = `A read that would delete more than ${percentText(reading.maxDeleted)} of a dataset of over 1,000 rows, or that finds none where there were some, is held until it is released.`;
  if (reading.kind === 'watermark')
    return [...watermarkWhy(reading.sweepMs), ...(reading.sweepMs === null ? [] : [held])];
  const keyless = [...datasets].filter(([, dataset]) => keyOf(dataset).length === 0).map(([name]) => name);
  return [
    ...(reading.compare === 'rows'
      ? ['Every row comes over at each read and is compared.']
      : [
          'Both ends add up checksums of small parts of each dataset, and only rows of parts that differ come over: two rows of one key and one 64-bit checksum would be taken for equal.',
          ...keyless.map((name) => `'${name}' has no key to make parts by, so each of its rows comes over.`),
        ]),
    'What a row was between two reads is not seen.',
    held,
  ];
}

function watermarkWhy(sweep: number | null): readonly string[] {
  return [
    'What a row was between two reads is not seen, nor a change that does not make its watermark greater.',
    sweep === null
      ? "Deletes are never seen. Say  sweep: '1h'  to compare all keys so often."
      : `Deletes are seen when all keys are compared, at most every ${msText(sweep)}; rows that came later than the late window are found then, too.`,
  ];
}

/** `10m`, `1000`. */
export function lateText(late: Late): string {
  return 'ms' in late ? msText(late.ms) : String(late.steps);
}

export function percentText(share: number): string {
  return `${Number((share * 100).toFixed(4))}%`;
}
