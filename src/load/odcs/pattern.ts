import { readPattern } from '../../types/pattern.ts';
import { type KeptRule, kept, shown } from './rule.ts';

/**
 * A pattern of a contract as one of ours, which are of the whole text. The standard does not say whether a pattern is of
 * the whole or of a part, so only one that says it itself, `^...$`, means the same to everybody.
 */
export function wholePattern(pattern: unknown): { readonly kind: 'pattern'; readonly pattern: string } | KeptRule {
  if (typeof pattern !== 'string') return kept(`its pattern is ${shown(pattern)}`);
  const inside = /^\^(.*)\$$/s.exec(pattern)?.[1];
  if (inside === undefined || /(?:^|[^\\])(?:\\\\)*\\$/.test(inside) || hasAlternatives(inside))
    return kept('its pattern is not of the whole text, from ^ to $');
  const read = readPattern(inside);
  return read.kind === 'refused'
    ? kept(`engines would not answer its pattern alike: ${read.reason}`)
    : { kind: 'pattern', pattern: inside };
}

/** Of `^a|b$` the marks are each of one alternative. */
function hasAlternatives(pattern: string): boolean {
  let depth = 0;
  let isInClass = false;
  for (let at = 0; at < pattern.length; at++) {
    const next = pattern[at];
    if (next === '\\') at++;
    else if (isInClass) isInClass = next !== ']';
    else if (next === '[') isInClass = true;
    else if (next === '(') depth++;
    else if (next === ')') depth--;
    else if (next === '|' && depth <= 0) return true;
  }
  return false;
}
