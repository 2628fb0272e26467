import { EngineError } from '../../engine/connection.ts';
import { ansi, type Dialect } from '../../sql/dialect.ts';

/** SQL as our sessions speak it: `settings.ts` makes quotes, `||` and backslashes mean what they mean elsewhere. */
export const mysqlDialect: Dialect = {
  ...ansi,
  engine: 'mysql',
  identifierLimit: 64,
  parameter: () => '?',
  quoteName,
  timestamptz: 'datetime(6)',
};

/** 64 characters, however many bytes. The empty name and the zero byte are no names. */
function quoteName(name: string): string {
  const characters = Array.from(name).length;
  if (characters > 64 || characters === 0 || name.includes('\0')) {
    throw new EngineError(
      'statement',
      `the name '${name.replaceAll('\0', '\\0')}' has ${characters} characters; MySQL takes 1 to 64, and no zero byte.`,
    );
  }
  return ansi.quoteName(name);
}
