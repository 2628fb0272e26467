const units: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, PB: 1e15 };

/** `500GB` in bytes (powers of 1000), or null where the text is no size. */
export function parseBytes(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(B|KB|MB|GB|TB|PB)$/.exec(text);
  return match ? Number(match[1]) * (units[match[2] ?? ''] ?? Number.NaN) : null;
}

/** `500GB`: for sentences. */
export function sizeText(bytes: number): string {
  const [unit, size] = Object.entries(units).findLast(([, one]) => bytes >= one) ?? ['B', 1];
  return `${Number((bytes / size).toFixed(1))}${unit}`;
}
