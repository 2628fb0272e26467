import { EngineError } from '../../engine/connection.ts';
import { ansi, type Dialect } from '../../sql/dialect.ts';

export const postgresDialect: Dialect = { ...ansi, engine: 'postgres', upsert: true, quoteName };

/** PostgreSQL cuts a longer name with a mere notice, so that two names become one: refused here instead. */
function quoteName(name: string): string {
  const bytes = Buffer.byteLength(name, 'utf8');
  if (bytes > ansi.identifierLimit || bytes === 0) {
    throw new EngineError(
      'statement',
      `the name '${name}' has ${bytes} bytes; PostgreSQL takes 1 to ${ansi.identifierLimit}.`,
    );
  }
  return ansi.quoteName(name);
}
