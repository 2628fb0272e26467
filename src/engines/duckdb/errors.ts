import { EngineError, type EngineErrorKind } from '../../engine/connection.ts';

/** DuckDB's failure in our words. Its messages begin with their class: `Catalog Error: Table with name ...`. */
export function engineError(message: string, label: string): EngineError {
  const code = /^(?:Error: )?([A-Z][A-Za-z ]*) Error:/.exec(message)?.[1] ?? null;
  return new EngineError(kindOf(code, message), `${label}: ${withoutRows(message)}`, { code });
}

function kindOf(code: string | null, message: string): EngineErrorKind {
  if (/No space left on device/i.test(message)) return 'space';
  switch (code) {
    case 'Out of Memory':
      return 'space';
    case 'TransactionContext':
    case 'Transaction':
      return /conflict/i.test(message) ? 'conflict' : 'statement';
    case 'Catalog':
      return /does not exist/i.test(message) ? 'missing' : /conflict/i.test(message) ? 'conflict' : 'statement';
    case 'FATAL':
    case 'Fatal':
      return 'unreachable';
    default:
      return 'statement';
  }
}

/** A failing csv row is quoted in full by DuckDB, and its advice is about files that the user never sees. */
function withoutRows(message: string): string {
  const lines = message.split('\n').filter((line) => !line.startsWith('Original Line:'));
  const advice = lines.findIndex((line) => /^\s*(Possible fixes|Possible Solution|file ?=|LINE \d+:)/.test(line));
  const text = (advice < 0 ? lines : lines.slice(0, advice)).join('\n').trim();
  return text.length > 600 ? `${text.slice(0, 600)} ...` : text;
}
