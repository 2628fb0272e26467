/** `20%` as 0.2, of 0% to 100%; null where the text is no such share. */
export function parseShare(text: string): number | null {
  const match = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text);
  const percent = Number(match?.[1] ?? Number.NaN);
  return percent <= 100 ? percent / 100 : null;
}
