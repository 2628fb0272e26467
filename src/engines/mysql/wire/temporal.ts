/**
 * MySQL keeps what is no date (`0000-00-00`, `2024-00-00`) and times of no day (`-01:00:00`, `838:59:59`). They have no
 * equal elsewhere, so they are refused rather than guessed; texts have them all.
 */

const zero = 0x30;

/** Why the text of a date, or of a date and time, is none; null where it is one. */
export function dateRefusal(bytes: Buffer, from: number): string | null {
  const isNothing = (at: number, digits: number) => {
    for (let i = 0; i < digits; i++) if (bytes[from + at + i] !== zero) return false;
    return true;
  };
  return isNothing(5, 2) || isNothing(8, 2) || isNothing(0, 4)
    ? noDate(bytes.toString('latin1', from, from + 10))
    : null;
}

/** Why the text of a time is no time of day; null where it is one. */
export function timeRefusal(bytes: Buffer, from: number, to: number): string | null {
  const isClock = bytes[from + 2] === 0x3a && bytes[from] !== 0x2d;
  const hours = isClock ? ((bytes[from] ?? 0) - zero) * 10 + (bytes[from + 1] ?? 0) - zero : 99;
  if (hours < 24 || (hours === 24 && /^24:00:00(?:\.0*)?$/.test(bytes.toString('latin1', from, to)))) return null;
  return noTime(bytes.toString('latin1', from, to));
}

export function noDate(text: string): string {
  return `a value is '${text}', which is no date. Correct it at the source, or say text() of the column: it then has the date's text, whatever it is.`;
}

export function noTime(text: string): string {
  return `a value is '${text}', which is no time of day. Say interval() of the column where its values are durations, or text().`;
}
