/** `512 B`, `1.2 GiB`. */
export function bytesText(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  for (; amount >= 1024 && unit < units.length - 1; unit++) amount /= 1024;
  return `${unit === 0 ? amount : amount.toFixed(1)} ${units[unit]}`;
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
