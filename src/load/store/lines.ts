/** Lines `<digest> <address>` by address, with what changed in its place: pieces that one after another are all lines. */
export function splicedLines(
  lines: Buffer,
  changed: ReadonlyMap<string, { readonly digest: string } | null>,
): readonly Buffer[] {
  const edits = [...changed].map(([address, now]) => ({ name: Buffer.from(address), address, now }));
  // Bytes of UTF-8 are in order of code points.
  edits.sort((a, b) => Buffer.compare(a.name, b.name));
  const pieces: Buffer[] = [];
  let at = 0;
  for (const { name, address, now } of edits) {
    const start = firstLine(lines, name, at);
    pieces.push(lines.subarray(at, start));
    if (now !== null) pieces.push(Buffer.from(`${now.digest} ${address}\n`));
    at = addressAt(lines, start).equals(name) ? endOf(lines, start) : start;
  }
  pieces.push(lines.subarray(at));
  return pieces;
}

const digestLength = 64;
const newline = 10;

/** Where the first line begins whose address is not before this one, from the beginning of some line on. */
function firstLine(lines: Buffer, name: Buffer, from: number): number {
  let [low, high] = [from, lines.length];
  while (low < high) {
    const middle = beginning(lines, (low + high) >>> 1);
    const start = middle < low ? low : middle;
    if (Buffer.compare(addressAt(lines, start), name) < 0) low = endOf(lines, start);
    else high = start;
  }
  return low;
}

/** The beginning of the line around a place. */
function beginning(lines: Buffer, at: number): number {
  return at === 0 ? 0 : lines.lastIndexOf(newline, at - 1) + 1;
}

function endOf(lines: Buffer, start: number): number {
  const end = lines.indexOf(newline, start);
  return end < 0 ? lines.length : end + 1;
}

function addressAt(lines: Buffer, start: number): Buffer {
  return start >= lines.length
    ? lines.subarray(0, 0)
    : lines.subarray(start + digestLength + 1, endOf(lines, start) - 1);
}
