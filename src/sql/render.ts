import { must, unreachable } from '../base/must.ts';
import type { Dialect } from './dialect.ts';
import type { Hole, Sql } from './sql.ts';

export type Statement = { readonly text: string; readonly parameters: readonly unknown[] };

/** The statement's text in a dialect, with its parameters in order. */
export function render(statement: Sql, dialect: Dialect): Statement {
  const parameters: unknown[] = [];
  const write = (hole: Hole): string => {
    switch (hole.kind) {
      case 'sql':
        return hole.texts.map((text, i) => (i === 0 ? text : write(must(hole.holes[i - 1], 'hole')) + text)).join('');
      case 'name':
        return hole.parts.map((part) => dialect.quoteName(part)).join('.');
      case 'value':
        parameters.push(hole.value);
        return dialect.parameter(parameters.length);
      case 'literal':
        return hole.value === null
          ? 'null'
          : typeof hole.value === 'string'
            ? dialect.quoteText(hole.value)
            : String(hole.value);
      case 'list':
        return hole.items.map(write).join(hole.separator);
      default:
        return unreachable(hole);
    }
  };
  return { text: write(statement), parameters };
}
