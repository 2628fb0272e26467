/**
 * What SSH's binary forms are made of (RFC 4251, section 5), read strictly: a value that is cut, has more after it than
 * it should or is not in its one encoding is no value.
 */
export type Wire = {
  /** The next length-prefixed bytes; null: there are none. */
  readonly bytes: () => Buffer | null;
  /** The same as text of one byte a character, which names of algorithms and namespaces are compared as. */
  readonly text: () => string | null;
  /** A whole number above 0 as big-endian bytes, without its sign byte. */
  readonly positive: () => Buffer | null;
  /** So many bytes without a length before them. */
  readonly raw: (length: number) => Buffer | null;
  readonly uint32: () => number | null;
  readonly isAtEnd: () => boolean;
};

export function wireOf(blob: Buffer): Wire {
  let at = 0;
  const raw = (length: number) => {
    if (length > blob.length - at) return null;
    at += length;
    return blob.subarray(at - length, at);
  };
  const uint32 = () => raw(4)?.readUInt32BE(0) ?? null;
  const bytes = () => {
    const length = uint32();
    return length === null ? null : raw(length);
  };
  return {
    bytes,
    raw,
    uint32,
    text: () => bytes()?.toString('latin1') ?? null,
    positive: () => positiveOf(bytes()),
    isAtEnd: () => at === blob.length,
  };
}

/** Bytes with their length before them. */
export function wireBytes(bytes: Buffer | string): Buffer {
  const content = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
}

/** Standard base64 in its one spelling, or null. */
export function base64Bytes(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length > 0 && bytes.toString('base64') === text ? bytes : null;
}

/** An mpint: the sign bit is clear, and a leading zero byte is there exactly where it must be. */
function positiveOf(bytes: Buffer | null): Buffer | null {
  const [first, second] = bytes ?? [];
  if (bytes === null || first === undefined || first >= 0x80) return null;
  if (first !== 0) return bytes;
  return second !== undefined && second >= 0x80 ? bytes.subarray(1) : null;
}
