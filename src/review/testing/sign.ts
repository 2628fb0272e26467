import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { wireBytes } from '../../base/ssh-wire.ts';

/** A key of tests, which signs as `ssh-keygen -Y sign` does, and in ways that it never would. */
export type TestSigner = {
  /** As a model has it. */
  readonly key: string;
  readonly sign: (text: string, options?: SignOptions) => string;
};

export type SignOptions = {
  readonly namespace?: string;
  readonly hash?: string;
  readonly version?: number;
  readonly reserved?: string;
  /** Name of the algorithm that the signature says it is of. */
  readonly algorithm?: string;
  /** Of a security key: 1 means that a person touched it. */
  readonly flags?: number;
  /** More bytes at the end. */
  readonly rest?: Buffer;
};

export const testKinds = ['ed25519', 'nistp256', 'nistp384', 'nistp521', 'rsa', 'sk-ed25519', 'sk-nistp256'] as const;
export type TestKind = (typeof testKinds)[number];

export function testSigner(kind: TestKind = 'ed25519', bits = 2048): TestSigner {
  const isSecurityKey = kind.startsWith('sk-');
  const { publicKey, privateKey } = pairOf(kind, bits);
  const type = typeOf(kind);
  const blob = Buffer.concat([
    wireBytes(type),
    publicBytes(kind, publicKey),
    ...(isSecurityKey ? [wireBytes('ssh:')] : []),
  ]);
  return {
    key: `${type} ${blob.toString('base64')}`,
    sign: (text, options = {}) => {
      const { namespace = 'freehold-consent', hash = 'sha512', version = 1, reserved = '', flags = 1 } = options;
      const { algorithm = kind === 'rsa' ? 'rsa-sha2-512' : type, rest = Buffer.alloc(0) } = options;
      const known = hash === 'sha256' || hash === 'sha512' ? hash : 'sha1';
      const hashed = createHash(known).update(text, 'utf8').digest();
      const head = Buffer.from('SSHSIG');
      const signed = Buffer.concat([head, ...[namespace, reserved, hash, hashed].map(wireBytes)]);
      const counter = Buffer.from([flags, 0, 0, 0, 7]);
      const content = isSecurityKey ? Buffer.concat([sha256('ssh:'), counter, sha256(signed)]) : signed;
      const value = wireBytes(signatureBytes(kind, algorithm, privateKey, content));
      const signature = Buffer.concat([wireBytes(algorithm), value, ...(isSecurityKey ? [counter] : [])]);
      const number = Buffer.from([0, 0, 0, version]);
      return armored(
        Buffer.concat([head, number, ...[blob, namespace, reserved, hash, signature].map(wireBytes), rest]),
      );
    },
  };
}

/** The lines that `ssh-keygen` puts around the bytes. */
export function armored(blob: Buffer): string {
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  return `-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`;
}

function pairOf(kind: TestKind, bits: number) {
  if (kind === 'rsa') return generateKeyPairSync('rsa', { modulusLength: bits });
  if (kind.endsWith('ed25519')) return generateKeyPairSync('ed25519');
  return generateKeyPairSync('ec', { namedCurve: `P-${kind.slice(-3)}` });
}

function typeOf(kind: TestKind): string {
  if (kind === 'rsa') return 'ssh-rsa';
  if (kind === 'ed25519') return 'ssh-ed25519';
  if (kind === 'sk-ed25519') return 'sk-ssh-ed25519@openssh.com';
  return kind === 'sk-nistp256' ? 'sk-ecdsa-sha2-nistp256@openssh.com' : `ecdsa-sha2-${kind}`;
}

function publicBytes(kind: TestKind, key: KeyObject): Buffer {
  const { x = '', y = '', n = '', e = '' } = key.export({ format: 'jwk' });
  const bytes = (text: string) => Buffer.from(text, 'base64url');
  if (kind === 'rsa') return Buffer.concat([mpint(bytes(e)), mpint(bytes(n))]);
  if (kind.endsWith('ed25519')) return wireBytes(bytes(x));
  return Buffer.concat([
    wireBytes(kind.replace('sk-', '')),
    wireBytes(Buffer.concat([Buffer.from([4]), bytes(x), bytes(y)])),
  ]);
}

function signatureBytes(kind: TestKind, algorithm: string, key: KeyObject, content: Buffer): Buffer {
  if (kind.endsWith('ed25519')) return sign(null, content, key);
  if (kind === 'rsa')
    return sign(algorithm === 'rsa-sha2-256' ? 'sha256' : algorithm === 'ssh-rsa' ? 'sha1' : 'sha512', content, key);
  const hash = kind.endsWith('256') ? 'sha256' : kind.endsWith('384') ? 'sha384' : 'sha512';
  const pair = sign(hash, content, { key, dsaEncoding: 'ieee-p1363' });
  return Buffer.concat([mpint(pair.subarray(0, pair.length / 2)), mpint(pair.subarray(pair.length / 2))]);
}

function mpint(number: Buffer): Buffer {
  let start = 0;
  while (number[start] === 0) start++;
  const bytes = number.subarray(start);
  return wireBytes((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
}

function sha256(content: Buffer | string): Buffer {
  return createHash('sha256').update(content).digest();
}
