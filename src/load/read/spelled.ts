import type { Literal } from '../sandbox/literal.ts';
import { refuse } from './at.ts';
import { invalid, isRecord, type Reader } from './reader.ts';
import { described, type Schema } from './schema.ts';

/** A value as YAML spells it, as a word of the language would give it; with where its parts stand. */
export type Spelled = { readonly raw: unknown; readonly literal?: Literal | null };

export type Spelling = {
  /** What it is called in messages about YAML. */
  readonly what: string;
  readonly schema: () => Schema;
  /** Null: it is spelled otherwise. */
  readonly from: (raw: unknown, literal: Literal | null) => Spelled | null;
  /** What is near to a spelling, and what it lacks; absent or null: nothing more is known than that it is none. */
  readonly near?: (raw: unknown) => { readonly lacks: string; readonly write: string } | null;
};

/** Where words make something of what an author writes, YAML has a spelling of its own, and the reader is the same. */
export function spelled<T>(reader: Reader<T>, { what, schema, from, near }: Spelling): Reader<T> {
  return described<T>((raw, at) => {
    if (!at.reading.isYaml) return reader(raw, at);
    const told = from(raw, at.literal);
    if (told === null) {
      const found = near?.(raw) ?? null;
      if (found === null) return invalid(raw, at, what);
      return refuse(at, 'invalid-value', `'${at.path.join('.')}' must be ${found.lacks}.`, `Write  ${found.write}  .`);
    }
    return reader(told.raw, told.literal === undefined ? at : { ...at, literal: told.literal });
  }, schema);
}

/** The only member of a map, `{ github: {...} }`, by what names it may have. */
export function onlyMember(
  raw: unknown,
  isName: (name: string) => boolean,
): { readonly name: string; readonly value: unknown } | null {
  if (!isRecord(raw)) return null;
  const [name, ...others] = Object.keys(raw);
  return name !== undefined && others.length === 0 && isName(name) ? { name, value: raw[name] } : null;
}

/** `{ name: schema }` and nothing else. */
export function only(name: string, schema: Schema, more: Readonly<Record<string, Schema>> = {}): Schema {
  return {
    type: 'object',
    properties: { [name]: schema, ...more },
    required: [name],
    additionalProperties: false,
  };
}
