import { parseType } from './text.ts';

/** What other products call it, by what it is called here: an offer to an author, never a guess that is taken. */
const elsewhere: Readonly<Record<string, string>> = {
  ...{ bigint: 'int64', int: 'int32', integer: 'int32', smallint: 'int16', tinyint: 'int8' },
  ...{ bool: 'boolean', double: 'float64', float: 'float64', real: 'float32', number: 'decimal', numeric: 'decimal' },
  ...{ string: 'text', str: 'text', varchar: 'text', char: 'text', bytes: 'binary', blob: 'binary', bytea: 'binary' },
  ...{ datetime: 'timestamp', jsonb: 'json', guid: 'uuid', enumof: 'enum' },
};

/** The type that a text most likely means which spells none: `numeric(10, 2)` is `decimal(10, 2)`; null where none comes to mind. */
export function typeMeant(text: string): string | null {
  const [, word = '', rest = ''] = /^\s*([a-z]+)\d*\s*(\(.*\))?\s*$/is.exec(text) ?? [];
  const lower = `${text.toLowerCase().replace(/\(.*$/s, '').trim()}${rest}`;
  const other = Object.hasOwn(elsewhere, word.toLowerCase()) ? elsewhere[word.toLowerCase()] : undefined;
  const candidates = [lower, ...(other === undefined ? [] : [`${other}${rest}`, other])];
  return candidates.find((one) => one !== text && parseType(one) !== null) ?? null;
}
