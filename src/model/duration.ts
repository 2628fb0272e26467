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

/** `2026-12-31` in milliseconds since 1970 at the day's beginning in UTC, or null where the text is no day. */
export function parseDay(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const ms = Date.parse(`${text}T00:00:00Z`);
  // 2026-02-30 is no day, though some would read it as March.
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text ? null : ms;
}

/** The first moment after a day. */
export function endOfDay(text: string): number | null {
  const start = parseDay(text);
  return start === null ? null : start + 86_400_000;
}

/** `2027-01-01` after `2026-12-31`; the text itself where it is no day. */
export function dayAfter(text: string): string {
  const end = endOfDay(text);
  return end === null ? text : new Date(end).toISOString().slice(0, 10);
}
