import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { base64Bytes, type Wire, wireOf } from './ssh-wire.ts';

/** A public key as OpenSSH writes it, `ssh-ed25519 AAAA...`. */
export type SshKey = {
  /** The bytes that the base64 stands for. */
  readonly blob: Buffer;
  readonly key: KeyObject;
} & (
  | { readonly kind: 'ed25519'; readonly application: string | null }
  | { readonly kind: 'ecdsa'; readonly curve: Curve; readonly application: string | null }
  | { readonly kind: 'rsa'; readonly modulusBytes: number }
);

/** `bytes`: of one coordinate. */
export type Curve = { readonly ssh: string; readonly jwk: string; readonly bytes: number; readonly hash: string };

/** The kinds of key that sign a consent; `sk-`: held by a security key. */
export const keyTypes = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
] as const;

/** Null where the text is no such key; what stands behind the base64 is a comment. */
export function parseSshKey(text: string): SshKey | null {
  const [type = '', base64 = ''] = text.split(' ');
  const blob = base64.length > maximumCharacters ? null : base64Bytes(base64);
  if (blob === null) return null;
  const wire = wireOf(blob);
  const known = keyTypes.find((each) => each === type);
  if (known === undefined || wire.text() !== type) return null;
  try {
    const key = keyOf(known, blob, wire);
    return key !== null && wire.isAtEnd() ? key : null;
  } catch {
    // A point that is not on its curve, or numbers that make no key.
    return null;
  }
}

/** How people name a key, as `ssh-keygen -l` does: `SHA256:...`. */
export function fingerprint(key: string): string {
  const [, base64 = ''] = key.split(' ');
  const hash = createHash('sha256').update(Buffer.from(base64, 'base64')).digest('base64');
  return `SHA256:${hash.replace(/=+$/, '')}`;
}

/** Are these one key? Comments do not count. */
export function isSameKey(one: string, other: string): boolean {
  const bare = (key: string) => key.trim().split(' ').slice(0, 2).join(' ');
  return bare(one) === bare(other);
}

function keyOf(type: (typeof keyTypes)[number], blob: Buffer, wire: Wire): SshKey | null {
  switch (type) {
    case 'ssh-ed25519':
      return edwards(blob, wire, false);
    case 'sk-ssh-ed25519@openssh.com':
      return edwards(blob, wire, true);
    case 'sk-ecdsa-sha2-nistp256@openssh.com':
      return elliptic(nistp256, blob, wire, true);
    case 'ecdsa-sha2-nistp256':
      return elliptic(nistp256, blob, wire, false);
    case 'ecdsa-sha2-nistp384':
      return elliptic({ ssh: 'nistp384', jwk: 'P-384', bytes: 48, hash: 'sha384' }, blob, wire, false);
    case 'ecdsa-sha2-nistp521':
      return elliptic({ ssh: 'nistp521', jwk: 'P-521', bytes: 66, hash: 'sha512' }, blob, wire, false);
    case 'ssh-rsa':
      return rsa(blob, wire);
  }
}

const nistp256: Curve = { ssh: 'nistp256', jwk: 'P-256', bytes: 32, hash: 'sha256' };
/** Of a key's base64: an RSA key of 16,384 bits has fewer than half of them. */
const maximumCharacters = 8192;
const leastModulusBytes = 256;
const mostModulusBytes = 2048;

function edwards(blob: Buffer, wire: Wire, isSecurityKey: boolean): SshKey | null {
  const point = wire.bytes();
  const application = isSecurityKey ? wire.text() : null;
  if (point?.length !== 32 || (isSecurityKey && application === null)) return null;
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') };
  return { kind: 'ed25519', blob, key: createPublicKey({ key: jwk, format: 'jwk' }), application };
}

function elliptic(curve: Curve, blob: Buffer, wire: Wire, isSecurityKey: boolean): SshKey | null {
  const name = wire.text();
  const point = wire.bytes();
  const application = isSecurityKey ? wire.text() : null;
  if (name !== curve.ssh || point === null || (isSecurityKey && application === null)) return null;
  // Uncompressed, which OpenSSH alone writes.
  if (point.length !== 1 + 2 * curve.bytes || point[0] !== 4) return null;
  const x = point.subarray(1, 1 + curve.bytes).toString('base64url');
  const y = point.subarray(1 + curve.bytes).toString('base64url');
  const key = createPublicKey({ key: { kty: 'EC', crv: curve.jwk, x, y }, format: 'jwk' });
  return { kind: 'ecdsa', blob, key, curve, application };
}

function rsa(blob: Buffer, wire: Wire): SshKey | null {
  const exponent = wire.positive();
  const modulus = wire.positive();
  if (exponent === null || modulus === null) return null;
  if (modulus.length < leastModulusBytes || modulus.length > mostModulusBytes || exponent.length > 4) return null;
  const jwk = { kty: 'RSA', e: exponent.toString('base64url'), n: modulus.toString('base64url') };
  return { kind: 'rsa', blob, key: createPublicKey({ key: jwk, format: 'jwk' }), modulusBytes: modulus.length };
}
