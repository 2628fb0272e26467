/** Of one file with a signed statement: twenty times what it needs. */
export const statementCharacters = 65_536;

/** JSON that a person and the program read alike, as signed statements are; or what is wrong with it, as the end of a sentence. */
export function strictJson(text: string): { readonly value: unknown } | { readonly wrong: string } {
  if (text.length > statementCharacters) return { wrong: `is larger than ${statementCharacters} characters` };
  const value = jsonOf(text);
  if (value === undefined) return { wrong: 'is no JSON' };
  if (depthOf(value) > depth) return { wrong: `is nested deeper than ${depth}` };
  if (keysIn(text) !== countKeys(value)) return { wrong: 'says something twice, and only one of the two can count' };
  return { value };
}

/** A statement, its owner, and no more. */
const depth = 8;

/** One above `depth` for all that is deeper: counted no further. */
function depthOf(value: unknown, around = 0): number {
  if (typeof value !== 'object' || value === null || around > depth) return around;
  return Math.max(around, ...Object.values(value).map((one) => depthOf(one, around + 1)));
}

function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** Keys as they are written: `JSON.parse` would keep the last of two, and a person may read the first. */
function keysIn(text: string): number {
  return [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon !== undefined).length;
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inside = Object.values(value).reduce((sum: number, one) => sum + countKeys(one), 0);
  return inside + (Array.isArray(value) ? 0 : Object.keys(value).length);
}
