import type { Code, Transformer } from '../../model/model.ts';
import { placeKey } from '../../model/places.ts';
import type { At } from './at.ts';
import { objectAddress, plainName } from './common.ts';
import { literalWith, memberOf } from './literals.ts';
import { reference } from './nouns.ts';
import {
  boolean,
  filledText,
  invalid,
  isRecord,
  list,
  object,
  oneOf,
  optional,
  type Reader,
  record,
  required,
  text,
  textWhere,
} from './reader.ts';
import { schemaOf } from './schema.ts';
import { only, spelled } from './spelled.ts';

const dialect = oneOf('postgres', 'duckdb');
const queries = record(filledText, { isName: plainName });
const sql = object({ kind: required(oneOf('sql')), dialect: required(dialect), queries: required(queries) });

const pinned = textWhere(
  (t) => /^[^\s@]+@sha256:[0-9a-f]{64}$/.test(t),
  "an image pinned by its digest, 'registry/name@sha256:...'",
);
const image = object({ kind: required(oneOf('image')), image: required(pinned) });

/** `{ sql: { daily: 'select ...' }, dialect: duckdb }`, `{ image: ... }`. */
const code: Reader<Code> = spelled(
  (raw, at) => {
    if (isRecord(raw) && raw.kind === 'sql') {
      placeQueries(at);
      return sql(raw, at);
    }
    if (isRecord(raw) && raw.kind === 'image') return image(raw, at);
    return invalid(raw, at, 'made by sql(...) or image(...)');
  },
  {
    what: 'code: { sql: { daily: ... } } or { image: ... }',
    from: (raw, literal) => {
      if (!isRecord(raw)) return null;
      if ('image' in raw) return { raw: { ...raw, kind: 'image' } };
      if (!('sql' in raw)) return null;
      const { sql: queries, ...more } = raw;
      return {
        raw: { dialect: 'postgres', ...more, kind: 'sql', queries },
        literal: literalWith(literal?.offset ?? 0, literal?.members(), { queries: memberOf(literal, 'sql') }),
      };
    },
    schema: () => ({
      anyOf: [only('sql', schemaOf(queries), { dialect: schemaOf(dialect) }), only('image', schemaOf(pinned))],
    }),
  },
);

/** `sql({ people: '...' })`: what the call is given are the queries themselves. */
function placeQueries({ literal, placeAt, address, path, reading }: At): void {
  const members = literal?.members() ?? null;
  if (placeAt === null || members === null || members.has('queries')) return;
  for (const [name, { offset }] of members) {
    const key = placeKey(address, ...path, 'queries', name);
    if (!reading.places.has(key)) reading.places.set(key, placeAt(offset));
  }
}

export const readTransformer: Reader<Transformer> = object({
  address: required(objectAddress),
  doc: optional(text),
  production: optional(boolean),
  clearance: optional(filledText),
  labels: optional(list(filledText)),
  acknowledges: optional(list(filledText)),
  reads: required(record(reference, { isName: plainName })),
  code: required(code),
});
