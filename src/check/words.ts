/** `'a', 'b' and 'c'`: names in a message, each in quotes, at most eight. */
export function quoted(names: readonly string[]): string {
  const shown = names.slice(0, 8).map((name) => `'${name}'`);
  if (names.length > 8) return `${shown.join(', ')} and ${names.length - 8} more`;
  const last = shown.pop();
  return last === undefined ? 'none' : shown.length === 0 ? last : `${shown.join(', ')} and ${last}`;
}
