import type { Reader } from './reader.ts';

/** JSON Schema of what a reader takes, as YAML spells it. */
export type Schema = { readonly [key: string]: unknown };

const schemas = new WeakMap<Reader<unknown>, () => Schema>();

/** The reader, with what it takes said for editors. Readers made of readers say it themselves. */
export function described<T>(reader: Reader<T>, schema: () => Schema): Reader<T> {
  schemas.set(reader, schema);
  return reader;
}

/** `undescribed`: told of a reader that says nothing; anything goes there. */
export function schemaOf(reader: Reader<unknown>): Schema {
  return schemas.get(reader)?.() ?? { description: undescribed };
}

export const undescribed = 'anything';
