import { byCodePoint } from '../../base/digest.ts';
import { didYouMean } from '../../findings/near-name.ts';
import { type At, type Entered, memberAt, refuse } from './at.ts';
import { described, type Schema, schemaOf } from './schema.ts';

/** An untrusted value as what it should be; undefined where it is not, with a finding. */
export type Reader<T> = (raw: unknown, at: At) => T | undefined;

export function textWhere(isGood: (text: string) => boolean, what: string, more: Schema = {}): Reader<string> {
  return described<string>(
    (raw, at) => {
      if (typeof raw === 'string' && isGood(raw)) return raw;
      // YAML takes 1.10 for the number 1.1.
      return invalid(raw, at, what, typeof raw === 'number' ? `${what}, in quotes` : what);
    },
    () => ({ type: 'string', description: what, ...more }),
  );
}

export const text: Reader<string> = textWhere(() => true, 'text');
export const filledText: Reader<string> = textWhere((t) => t.length > 0, 'text that is not empty', { minLength: 1 });

export const boolean: Reader<boolean> = described<boolean>(
  (raw, at) => (typeof raw === 'boolean' ? raw : invalid(raw, at, 'true or false')),
  () => ({ type: 'boolean' }),
);

/** The value, or null where it is said to be nothing. */
export function nullable<T>(reader: Reader<T>): Reader<T | null> {
  return described<T | null>(
    (raw, at) => (raw === null ? null : reader(raw, at)),
    () => ({ anyOf: [schemaOf(reader), { type: 'null' }] }),
  );
}

/** A number that names a person or a repository. */
export const id: Reader<number> = described<number>(
  (raw, at) =>
    typeof raw === 'number' && Number.isSafeInteger(raw) && raw > 0 ? raw : invalid(raw, at, 'a whole number above 0'),
  () => ({ type: 'integer', minimum: 1 }),
);

export function oneOf<const T extends string | number>(...values: readonly T[]): Reader<T> {
  const what = values.map((v) => (typeof v === 'string' ? `'${v}'` : String(v))).join(' or ');
  return described<T>(
    (raw, at) => values.find((value) => value === raw) ?? invalid(raw, at, what),
    () => ({ enum: values }),
  );
}

export function list<T>(item: Reader<T>): Reader<readonly T[]> {
  return described<readonly T[]>(
    (raw, at) => {
      if (!Array.isArray(raw))
        return invalid(raw, at, 'a list', typeof raw === 'string' ? `a list,  [${shown(raw)}]` : 'a list');
      const items = raw.map((one: unknown, index) => item(one, memberAt(at, String(index), one)));
      return allOf(items);
    },
    () => ({ type: 'array', items: schemaOf(item) }),
  );
}

export type RecordOptions = {
  /** What a member's name must be. */
  readonly isName?: { readonly test: (name: string) => boolean; readonly what: string; readonly pattern: RegExp };
  /** Members that are objects of their own. */
  readonly enter?: (at: At, name: string) => Entered;
};

export function record<T>(item: Reader<T>, options: RecordOptions = {}): Reader<Readonly<Record<string, T>>> {
  const { isName } = options;
  const schema = () => ({
    type: 'object',
    additionalProperties: schemaOf(item),
    ...(isName === undefined ? {} : { propertyNames: { pattern: isName.pattern.source } }),
  });
  return described<Readonly<Record<string, T>>>((raw, at) => {
    if (!isRecord(raw)) return invalid(raw, at, 'an object', 'an object,  { name: ... }');
    const read: Record<string, T> = {};
    let isWhole = true;
    for (const name of Object.keys(raw)) {
      // No way in gives it; an assignment would do something else.
      if (name === '@' || name === '__proto__') continue;
      const value = raw[name];
      const member = memberAt(at, name, value, options.enter?.(at, name));
      const isGood = isName?.test(name) ?? true;
      if (!isGood) refuse(member, 'invalid-name', `the name '${name}' cannot be used.`, `Use ${isName?.what}.`);
      const one = isGood ? item(value, member) : undefined;
      if (one === undefined) isWhole = false;
      else read[name] = one;
    }
    return isWhole ? read : undefined;
  }, schema);
}

type Field<T, Required extends boolean> = { readonly reader: Reader<T>; readonly required: Required };

export function required<T>(reader: Reader<T>): Field<T, true> {
  return { reader, required: true };
}

export function optional<T>(reader: Reader<T>): Field<T, false> {
  return { reader, required: false };
}

type Shape = Readonly<Record<string, Field<unknown, boolean>>>;
type Value<F> = F extends Field<infer T, boolean> ? T : never;
type Shaped<S extends Shape> = {
  readonly [K in keyof S as S[K]['required'] extends true ? K : never]: Value<S[K]>;
} & { readonly [K in keyof S as S[K]['required'] extends true ? never : K]?: Value<S[K]> };

/** An object with these attributes and no other. Its members are read by name, in the order in which digests want them. */
export function object<S extends Shape>(shape: S): Reader<Shaped<S>> {
  const known = Object.keys(shape);
  const fields = Object.entries(shape).sort(([a], [b]) => byCodePoint(a, b));
  const needed = fields.filter(([, field]) => field.required).length;
  const schema = () => ({
    type: 'object',
    properties: Object.fromEntries(fields.map(([name, field]) => [name, schemaOf(field.reader)])),
    ...(needed === 0 ? {} : { required: fields.filter(([, field]) => field.required).map(([name]) => name) }),
    additionalProperties: false,
  });
  return described<Shaped<S>>((raw, at) => {
    if (!isRecord(raw)) return invalid(raw, at, 'an object');
    let isWhole = true;
    let met = 0;
    for (const name of Object.keys(raw)) {
      const field = Object.hasOwn(shape, name) ? shape[name] : undefined;
      if (field !== undefined) {
        if (field.required && raw[name] !== undefined) met++;
        continue;
      }
      if (name === '@' || name === 'freehold') continue;
      isWhole = false;
      refuse(
        at,
        'unknown-attribute',
        `attribute '${[...at.path, name].join('.')}' is not known.${didYouMean(name, known)}`,
        known.length === 0 ? 'Take it out: nothing can be said here.' : `Known here: ${known.join(', ')}.`,
        memberAt(at, name, undefined).place,
      );
    }
    if (met < needed) {
      isWhole = false;
      for (const [name, field] of fields) {
        if (!field.required || (Object.hasOwn(raw, name) && raw[name] !== undefined)) continue;
        refuse(at, 'missing-attribute', `attribute '${[...at.path, name].join('.')}' is missing.`, `Add  ${name}: ...`);
      }
    }
    const read: Record<string, unknown> = {};
    for (const [name, field] of fields) {
      const value = Object.hasOwn(raw, name) ? raw[name] : undefined;
      if (value === undefined) continue;
      const one = field.reader(value, memberAt(at, name, value));
      if (one === undefined) isWhole = false;
      else read[name] = one;
    }
    // The compiler cannot follow the loop: this is the one place where what was read becomes its type.
    return isWhole ? (read as Shaped<S>) : undefined;
  }, schema);
}

/** The noun that a word gives: `table(...)`. In YAML the place that it stands in says what it is. */
export function madeBy<T>(kind: string, word: string, reader: Reader<T>): Reader<T> {
  return described<T>(
    (raw, at) =>
      at.reading.isYaml || kindOf(raw) === kind ? reader(raw, at) : invalid(raw, at, `made by ${word}`, ` ${word} `),
    () => schemaOf(reader),
  );
}

/** What words give that are no nouns, `cdc()`: who writes something else learns the words. */
export function madeByWord<T>(reader: Reader<T>, words: string): Reader<T> {
  return described<T>(
    (raw, at) => (isRecord(raw) ? reader(raw, at) : invalid(raw, at, `made by  ${words} `, ` ${words} `)),
    () => schemaOf(reader),
  );
}

/** The kind of noun that a value says it is; null where it is none. */
export function kindOf(raw: unknown): string | null {
  return isRecord(raw) && Object.hasOwn(raw, 'freehold') && typeof raw.freehold === 'string' ? raw.freehold : null;
}

export function isRecord(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}

/** `write`: what to write, where that is not what it must be. */
export function invalid(raw: unknown, at: At, what: string, write = what): undefined {
  const name = at.path.length === 0 ? 'it' : `'${at.path.join('.')}'`;
  return refuse(at, 'invalid-value', `${name} must be ${what}, and is ${shown(raw)}.`, `Write ${write}.`);
}

function shown(raw: unknown): string {
  if (typeof raw === 'string') return raw.length > 60 ? `'${raw.slice(0, 60)}...'` : `'${raw}'`;
  if (Array.isArray(raw)) return 'a list';
  const kind = kindOf(raw);
  if (kind !== null) return `a ${kind}`;
  return raw !== null && typeof raw === 'object' ? 'an object' : String(raw);
}

function allOf<T>(items: readonly (T | undefined)[]): readonly T[] | undefined {
  const good = items.filter((item) => item !== undefined);
  return good.length === items.length ? good : undefined;
}
