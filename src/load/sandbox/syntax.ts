import type { Program } from 'acorn';
import { isParseError, parseModule } from 'meriyah';

/** JavaScript as ESTree, with offsets of UTF-16 units; or what is wrong with it. */
export type Syntax = { readonly program: Program } | { readonly wrong: Wrong };

/** `deep`: it is nested deeper than can be read. */
export type Wrong = { readonly message: string; readonly offset: number } | 'deep';

export function syntaxOf(text: string): Syntax {
  try {
    const program: unknown = parseModule(text, { ranges: true, raw: true, lexical: true, validateRegex: true });
    if (!isProgram(program)) throw new Error('bug: a program without offsets');
    return { program };
  } catch (cause) {
    if (isParseError(cause)) return { wrong: { message: cause.description, offset: cause.start } };
    if (cause instanceof RangeError) return { wrong: 'deep' };
    throw cause;
  }
}

/** Its own types leave offsets open, which `ranges` gives to every node; those of acorn, which parses alike, do not. */
function isProgram(value: unknown): value is Program {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Program' && 'start' in value;
}
