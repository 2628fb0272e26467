import type { EngineFacts } from '../../engine/facts.ts';
import { render } from '../../sql/render.ts';
import { duckdbDialect } from './dialect.ts';
import { physicalType, refusal } from './types.ts';

export const duckdbFacts: EngineFacts = {
  engine: 'duckdb',
  title: 'DuckDB',
  fields: {
    file: {
      type: 'text',
      required: true,
      doc: 'the database file; created when it is not there',
      identifies: 'exactly',
    },
    memory_limit: { type: 'text', required: false, doc: "what the file's owner process may use: '1GB' when absent" },
    threads: { type: 'number', required: false, doc: 'threads of the owner process; 2 when absent' },
  },
  captures: [],
  store: false,
  replica: true,
  users: false,
  tableFunctions: true,
  serves: ['analytics', 'reports'],
  identifierLimit: duckdbDialect.identifierLimit,
  caseInsensitiveNames: true,
  holds: (type) => {
    const reason = refusal(type);
    return reason === null ? { physical: render(physicalType(type), duckdbDialect).text } : { refused: reason };
  },
};
