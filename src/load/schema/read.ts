import { columnAddress, memberAddress } from '../../model/address.ts';
import type { Column, Dataset } from '../../model/model.ts';
import { parseType } from '../../types/text.ts';
import { type At, refuse } from '../read/at.ts';
import { name, plainName } from '../read/common.ts';
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
} from '../read/reader.ts';
import { placesIn } from '../sandbox/text.ts';
import { readYaml } from './yaml.ts';

/** The datasets of a generated schema file, for the datastore at `at`; undefined with findings where it cannot be used. */
export function readSchema(file: string, content: string, at: At): Readonly<Record<string, Dataset>> | undefined {
  const placeAt = placesIn(file, content);
  const yaml = readYaml(content);
  if ('problem' in yaml) {
    return refuse(
      at,
      'schema-file',
      `'${file}' cannot be read: ${yaml.problem}.`,
      'Generate it again.',
      placeAt(yaml.offset),
    );
  }
  const { raw, literal } = yaml;
  const read = schema(raw, { ...at, path: [], literal, placeAt, place: placeAt(0) });
  return read?.datasets;
}

const columnType: Reader<{ readonly type: Column['type']; readonly nullable?: boolean }> = (raw, at) => {
  if (typeof raw !== 'string') return invalid(raw, at, 'a type such as varchar(40)?');
  const nullable = raw.endsWith('?');
  const type = parseType(nullable ? raw.slice(0, -1) : raw);
  if (type === null) return invalid(raw, at, 'a type such as varchar(40) or decimal(12,2)?');
  return nullable ? { type, nullable } : { type };
};

const described = object({
  type: required(columnType),
  from: optional(filledText),
  doc: optional(text),
});

const column: Reader<Column> = (raw, at) => {
  if (!isRecord(raw)) return columnType(raw, at);
  const read = described(raw, at);
  if (read === undefined) return undefined;
  const { type, ...rest } = read;
  return { ...type, ...rest };
};

const dataset: Reader<Dataset> = object({
  from: optional(filledText),
  doc: optional(text),
  key: optional(list(name)),
  appendOnly: optional(boolean),
  columns: required(record(column, { isName: plainName, enter: enterColumn })),
});

const schema = object({
  version: required(oneOf(1)),
  datasets: required(record(dataset, { isName: plainName, enter: enterDataset })),
});

export function enterDataset(at: At, member: string) {
  const address = memberAddress(at.address, member);
  return { subject: `dataset '${address}'`, address };
}

export function enterColumn(at: At, member: string) {
  const dot = at.address.indexOf('.');
  const address = columnAddress(at.address.slice(0, dot), at.address.slice(dot + 1), member);
  return { subject: `column '${address}'`, address };
}
