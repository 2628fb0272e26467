import { createHmac, randomBytes } from 'node:crypto';

/**
 * HMAC-SHA256 (RFC 2104, https://www.rfc-editor.org/rfc/rfc2104) of a text's UTF-8 bytes, as 64 lower-case hexadecimal
 * digits: whoever has not the secret cannot try which text a digest is of. Secrets are 32 bytes in hexadecimal digits.
 */
export function keyedDigest(secret: string, text: string): string {
  return createHmac('sha256', Buffer.from(secret, 'hex')).update(text, 'utf8').digest('hex');
}

export function newSecret(): string {
  return randomBytes(32).toString('hex');
}

/** The blocks that go before the text and before its digest, in hexadecimal digits: for an engine that has SHA-256 alone. */
export type DigestPads = { readonly inner: string; readonly outer: string };

export function padsOf(secret: string): DigestPads {
  const block = Buffer.alloc(64);
  Buffer.from(secret, 'hex').copy(block);
  const padded = (by: number) => Buffer.from(block.map((byte) => byte ^ by)).toString('hex');
  return { inner: padded(0x36), outer: padded(0x5c) };
}
