import { RE2JS, RE2JSException } from 're2js';

/** `matches`: the whole of a text. */
export type Pattern =
  | { readonly kind: 'pattern'; readonly matches: (text: string) => boolean }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * An author's pattern, run where it could do harm: by an engine that never goes back, so that its time is linear in the
 * text. What needs going back (look-around, back-references) it refuses.
 */
export function compilePattern(text: string): Pattern {
  if (text.length > 1_000) return { kind: 'refused', reason: 'it is longer than 1000 characters' };
  try {
    const compiled = RE2JS.compile(text);
    return { kind: 'pattern', matches: (name) => compiled.matches(name) };
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return { kind: 'refused', reason: error.message.replace(/^error parsing regexp: /, '') };
  }
}
