import type { Code, Transformer } from '../../model/model.ts';
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
  if (isRecord(raw) && raw.kind === 'sql') return sql(raw, at);
  if (isRecord(raw) && raw.kind === 'image') return image(raw, at);
  return invalid(raw, at, 'made by sql(...) or image(...)');
};

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
