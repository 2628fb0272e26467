/**
 * Model text is hostile to whoever prints it. Terms: *harmless* text moves no cursor, changes no colour, reverses no
 * reading order, hides nothing, and commands no CI system that reads a log: every such character is written as the
 * escape that a TypeScript string would use.
 */

/**
 * The text on one line, cut at `limit` characters; as escapes its control, format, bidi, invisible, unpaired and
 * private characters, and the bracket of `##[command]`, `##vso[command]` and `##teamcity[command]`, which runners of CI
 * obey anywhere in a line.
 */
export function harmless(text: string, limit = 2000): string {
  // Cut first: a name of megabytes must not cost megabytes of work for each finding that names it.
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return cut.replace(harmful, escaped);
}

const harmful =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]|(?<=##[a-z.]*)\[/giu;

function escaped(character: string): string {
  const short = shortEscapes.get(character);
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

const shortEscapes = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** Columns of a terminal that harmless text takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += /\p{M}/u.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return width;
}

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
