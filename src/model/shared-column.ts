import type { Column } from './model.ts';

/**
 * Columns that stand in many datasets as one object, as those that are written alike do: each is put in canonical form and
 * written out once. Only what was said to be shared is noted: a model's other columns are met once or twice.
 */
const shared = new WeakMap<Column, { canonical: Column | null; text: string | null }>();

export function share(column: Column): void {
  if (!shared.has(column)) shared.set(column, { canonical: null, text: null });
}

export function canonicalOnce(column: Column, make: (column: Column) => Column): Column {
  const forms = shared.get(column);
  if (forms === undefined) return make(column);
  if (forms.canonical === null) {
    forms.canonical = make(column);
    share(forms.canonical);
  }
  return forms.canonical;
}

/** The text of a shared column, made by `write` when it was not; null of another. */
export function writtenOnce(column: Column, write: (column: Column) => string): string | null {
  const forms = shared.get(column);
  if (forms === undefined) return null;
  forms.text ??= write(column);
  return forms.text;
}
