const unitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
};

/** `10s`, `1h`, `7y` in milliseconds, or null where the text is no duration. A year is 365 days. */
export function parseDurationMs(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w|y)$/.exec(text);
  if (!match) return null;
  return Number(match[1]) * (unitsMs[match[2] ?? ''] ?? Number.NaN);
}
