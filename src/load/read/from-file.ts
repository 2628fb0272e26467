import type { Literal } from '../sandbox/literal.ts';
import { literalWith, memberOf } from './literals.ts';
import { filledText, isRecord, list, object, optional, type Reader, record, required, text } from './reader.ts';
import { type Schema, schemaOf } from './schema.ts';
import type { Spelled } from './spelled.ts';

/** Words whose datasets stand in a file beside the model file. */
type Word = 'fromSchema' | 'fromContract';

/**
 * `{ fromSchema: ./orders.schema.yaml, classify: [{ pattern, labels }], customers: {...} }` as the word gives it, whose
 * arguments are spelled as members of one map. Null where it is no such map.
 */
export function fileNoun(raw: unknown, literal: Literal | null): Required<Spelled> | null {
  if (!isRecord(raw)) return null;
  const word: Word | null = 'fromSchema' in raw ? 'fromSchema' : 'fromContract' in raw ? 'fromContract' : null;
  if (word === null) return null;
  const { [word]: file, classify = [], ...more } = raw;
  const { levels = {}, ...others } = more;
  const rules = Array.isArray(classify)
    ? classify.map((rule: unknown) => (isRecord(rule) ? { flags: '', ...rule } : rule))
    : classify;
  const said = Object.entries(word === 'fromContract' ? others : more);
  const datasets = Object.fromEntries(
    said.map(([name, value]) => [name, fileNoun(value, memberOf(literal, name))?.raw ?? value]),
  );
  const noun = { freehold: word, file, classify: rules, datasets };
  return {
    raw: word === 'fromContract' ? { ...noun, levels } : noun,
    literal: literalWith(literal?.offset ?? 0, literal?.members(), {
      file: memberOf(literal, word),
      datasets: literal,
    }),
  };
}

export function fileSchema(word: Word, overlay: Reader<unknown>): Schema {
  const rule = object({ pattern: required(text), flags: optional(text), labels: required(list(filledText)) });
  return {
    type: 'object',
    properties: {
      [word]: schemaOf(filledText),
      classify: schemaOf(list(rule)),
      ...(word === 'fromContract' ? { levels: schemaOf(record(filledText)) } : {}),
    },
    required: [word],
    additionalProperties:
      word === 'fromSchema' ? { anyOf: [schemaOf(overlay), fileSchema('fromContract', overlay)] } : schemaOf(overlay),
  };
}
