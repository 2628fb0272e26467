import type { StreamDataset } from '../../plan/plan.ts';
import { UseError } from '../exit.ts';

/**
 * Keys as a person writes them, one a text: the value itself where the key is one column, else the values in the order of
 * the key as one record of csv: `4711,"a, b"`.
 */
export function keysOf(dataset: StreamDataset, texts: readonly string[]): readonly (readonly string[])[] {
  if (texts.length === 0) throw new UseError('No key is given.');
  return texts.map((text) => (dataset.key.length === 1 ? [text] : recordOf(dataset, text)));
}

function recordOf(dataset: StreamDataset, text: string): readonly string[] {
  const fields = fieldsOf(text);
  if (fields === null || fields.length !== dataset.key.length)
    throw new UseError(
      `'${text}' is no key of '${dataset.address}': write ${dataset.key.join(',')} in this order, with commas between, and a value that has a comma in double quotes.`,
    );
  return fields;
}

/** Null: a quotation mark has no other. */
function fieldsOf(text: string): readonly string[] | null {
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/gy;
  for (;;) {
    const found = field.exec(text);
    if (found === null) return null;
    fields.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
    if (found[3] === '') return fields;
  }
}
