import type { Code, Transformer } from '../../model/model.ts';
import { placeKey } from '../../model/places.ts';
import type { At } from './at.ts';
import { objectAddress, plainName } from './common.ts';
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

const sql = object({
  kind: required(oneOf('sql')),
  dialect: required(oneOf('postgres', 'duckdb')),
  queries: required(record(filledText, { isName: plainName })),
});

const image = object({
  kind: required(oneOf('image')),
  image: required(
    textWhere(
      (t) => /^[^\s@]+@sha256:[0-9a-f]{64}$/.test(t),
      "an image pinned by its digest, 'registry/name@sha256:...'",
    ),
  ),
});

const code: Reader<Code> = (raw, at) => {
  if (isRecord(raw) && raw.kind === 'sql') {
    placeQueries(at);
    return sql(raw, at);
  }
  if (isRecord(raw) && raw.kind === 'image') return image(raw, at);
  return invalid(raw, at, 'made by sql(...) or image(...)');
};

/** `sql({ people: '...' })`: what the call is given are the queries themselves. */
function placeQueries({ literal, placeAt, address, path, reading }: At): void {
  if (placeAt === null || literal?.members === undefined || literal.members?.has('queries')) return;
  for (const [name, { offset }] of literal.members ?? [])
    reading.places[placeKey(address, ...path, 'queries', name)] ??= placeAt(offset);
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
