/**
 * Patterns on texts: the part of regular expressions that every engine answers alike. What is allowed is spelled in one
 * way, which PostgreSQL, RE2 (DuckDB) and JavaScript read as the same, for the whole of a text:
 * https://www.postgresql.org/docs/current/functions-matching.html#POSIX-SYNTAX-DETAILS, https://github.com/google/re2/wiki/Syntax
 *
 * Characters, `.` (any), classes `[a-z_]` and `[^0-9]`, `\d`, `\w`, `\s` (of ASCII), groups, alternatives, `? * + {2} {2,} {2,5}`.
 */
export type Pattern =
  | { readonly kind: 'pattern'; readonly spelled: string }
  | { readonly kind: 'refused'; readonly reason: string };

const longest = 500;
/** PostgreSQL counts no further. */
const mostRepeats = 255;
/** Parts when all repetitions are written out. */
const mostParts = 2_000;

export function readPattern(text: string): Pattern {
  if (text === '') return { kind: 'refused', reason: 'it is empty' };
  if (text.length > longest) return { kind: 'refused', reason: `it is longer than ${longest} characters` };
  try {
    const reader = { characters: Array.from(text), at: 0, depth: 0 };
    const all = alternatives(reader);
    if (reader.at < reader.characters.length) throw new Refused(`a ')' closes nothing`);
    return { kind: 'pattern', spelled: all.text };
  } catch (failure) {
    if (failure instanceof Refused) return { kind: 'refused', reason: failure.message };
    throw failure;
  }
}

class Refused extends Error {}

type Reader = { readonly characters: readonly string[]; at: number; depth: number };
type Part = { readonly text: string; readonly size: number };

function alternatives(reader: Reader): Part {
  const branches = [branch(reader)];
  while (reader.characters[reader.at] === '|') {
    reader.at++;
    branches.push(branch(reader));
  }
  const size = branches.reduce((sum, one) => sum + one.size, 0);
  const [only] = branches;
  if (branches.length === 1 && only !== undefined) return only;
  return { text: `(?:${branches.map(({ text }) => text).join('|')})`, size };
}

function branch(reader: Reader): Part {
  let text = '';
  let size = 0;
  for (;;) {
    const next = reader.characters[reader.at];
    if (next === undefined || next === '|' || next === ')') break;
    const part = repeated(reader, atom(reader));
    text += part.text;
    size += part.size;
    if (size > mostParts) throw new Refused(`written out it has more than ${mostParts} parts`);
  }
  if (text === '') throw new Refused("an alternative is empty; write '?' behind what may be missing");
  return { text, size };
}

function atom(reader: Reader): Part {
  const next = reader.characters[reader.at++] ?? '';
  switch (next) {
    case '(': {
      if (reader.characters[reader.at] === '?') throw new Refused("'(?' is not known here");
      if (++reader.depth > 20) throw new Refused('groups stand more than 20 deep');
      const inside = alternatives(reader);
      if (reader.characters[reader.at++] !== ')') throw new Refused("a '(' is not closed");
      reader.depth--;
      return { text: `(?:${inside.text})`, size: inside.size };
    }
    case '[':
      return { text: characterClass(reader), size: 1 };
    case '.':
      // Alike everywhere with the line's end: of some engines '.' leaves it out.
      return { text: '(?:.|\\n)', size: 1 };
    case '\\':
      return { text: escaped(reader, false), size: 1 };
    case '^':
    case '$':
      throw new Refused(
        `'${next}' is not needed, since the whole text must match; write '\\${next}' for the character`,
      );
    case '*':
    case '+':
    case '?':
    case '{':
      throw new Refused(`'${next}' repeats nothing`);
    case ']':
    case '}':
      throw new Refused(`a '${next}' closes nothing; write '\\${next}' for the character`);
    default:
      return { text: next, size: 1 };
  }
}

function repeated(reader: Reader, part: Part): Part {
  const next = reader.characters[reader.at];
  if (next !== '*' && next !== '+' && next !== '?' && next !== '{') return part;
  reader.at++;
  let count = next;
  let times = 1;
  if (next === '{') {
    const end = reader.characters.indexOf('}', reader.at);
    const inside = end < 0 ? '' : reader.characters.slice(reader.at, end).join('');
    const [, least, comma, most] = /^(\d{1,3})(,?)(\d{0,3})$/.exec(inside) ?? [];
    if (least === undefined || (comma === '' && most !== ''))
      throw new Refused('write {2}, {2,} or {2,5} behind what is repeated');
    times = Math.max(Number(least), Number(most === undefined || most === '' ? least : most), 1);
    if (times > mostRepeats) throw new Refused(`it repeats more than ${mostRepeats} times`);
    if (most !== undefined && most !== '' && Number(most) < Number(least))
      throw new Refused(`{${inside}} ends before it begins`);
    reader.at = end + 1;
    count = `{${inside}}`;
  }
  const after = reader.characters[reader.at];
  if (after !== undefined && '*+?{'.includes(after))
    throw new Refused(`'${count}${after}' repeats a repetition; put the first in a group`);
  return { text: `${part.text}${count}`, size: part.size * times };
}

const classes: Readonly<Record<string, string>> = { d: '0-9', w: 'A-Za-z0-9_', s: ' \\t\\n\\r\\f' };
const controls: Readonly<Record<string, string>> = { n: '\\n', t: '\\t', r: '\\r', f: '\\f' };

/** What stands behind a `\`. */
function escaped(reader: Reader, isInClass: boolean): string {
  const next = reader.characters[reader.at++];
  if (next === undefined) throw new Refused("a '\\' stands at its end");
  const known = classes[next];
  if (known !== undefined) return isInClass ? known : `[${known}]`;
  const control = controls[next];
  if (control !== undefined) return control;
  if (/[A-Za-z0-9]/.test(next)) throw new Refused(`'\\${next}' is not known here`);
  return literal(next, isInClass);
}

function literal(character: string, isInClass: boolean): string {
  const special = isInClass ? '\\]^-[' : '^$\\.*+?()[]{}|';
  return special.includes(character) ? `\\${character}` : character;
}

function characterClass(reader: Reader): string {
  let text = '[';
  if (reader.characters[reader.at] === '^') {
    reader.at++;
    text += '^';
  }
  const begin = text.length;
  for (;;) {
    const first = reader.characters[reader.at++];
    if (first === undefined) throw new Refused("a '[' is not closed");
    if (first === ']') {
      if (text.length === begin) throw new Refused('a class of characters is empty');
      return `${text}]`;
    }
    if (first === '[') throw new Refused("a '[' stands in a class; write '\\[' for the character");
    const low = first === '\\' ? escaped(reader, true) : literal(first, true);
    const isRange = reader.characters[reader.at] === '-' && reader.characters[reader.at + 1] !== ']';
    if (!isRange) {
      text += low;
      continue;
    }
    reader.at++;
    const last = reader.characters[reader.at++];
    if (last === undefined) throw new Refused("a '[' is not closed");
    const high = last === '\\' ? escaped(reader, true) : literal(last, true);
    const [from, to] = [plainOf(low), plainOf(high)];
    if (from === null || to === null) throw new Refused('a range in a class begins and ends with a character');
    if (from > to) throw new Refused(`the range ${low}-${high} ends before it begins`);
    text += `${low}-${high}`;
  }
}

/** The code point of a single spelled character; null: it is none. */
function plainOf(spelled: string): number | null {
  const characters = Array.from(spelled.startsWith('\\') ? spelled.slice(1) : spelled);
  if (spelled.length > 1 && spelled.startsWith('\\') && /[a-z]/.test(spelled.slice(1))) return null;
  return characters.length === 1 ? (characters[0]?.codePointAt(0) ?? null) : null;
}
