/**
 * Signatures of `ssh-keygen -Y sign`: PROTOCOL.sshsig and PROTOCOL.u2f of OpenSSH. Stricter than OpenSSH where it is
 * lenient: `reserved` is empty, every value is in its one encoding, nothing stands after the last one.
 */
import { createHash, verify } from 'node:crypto';
import { parseSshKey, type SshKey } from '../base/ssh-key.ts';
import { base64Bytes, type Wire, wireBytes, wireOf } from '../base/ssh-wire.ts';

/** Did this key sign the text (as UTF-8) in this namespace? Whatever is malformed did not sign; nothing throws. */
export function verifySshSignature(text: string, signature: string, key: string, namespace: string): boolean {
  const signer = parseSshKey(key);
  const parts = partsOf(signature);
  // Text that is not Unicode has no UTF-8 of its own: it would share that of another text.
  if (signer === null || parts === null || namespace === '' || !isUnicode(text)) return false;
  if (!parts.publicKey.equals(signer.blob)) return false;
  if (!parts.namespace.equals(Buffer.from(namespace, 'utf8'))) return false;
  const hashed = createHash(parts.hash).update(text, 'utf8').digest();
  const signed = [wireBytes(parts.namespace), wireBytes(''), wireBytes(parts.hash), wireBytes(hashed)];
  try {
    return isOf(signer, Buffer.concat([magic, ...signed]), wireOf(parts.signature));
  } catch {
    // Numbers that the library takes for no signature at all.
    return false;
  }
}

/** The key that a signature says it is of, `ssh-ed25519 AAAA...`; null: it is no signature, or of no kind of key that counts. */
export function keyOfSignature(signature: string): string | null {
  const blob = partsOf(signature)?.publicKey;
  const type = blob === undefined ? null : wireOf(blob).text();
  const key = `${type} ${blob?.toString('base64')}`;
  return parseSshKey(key) === null ? null : key;
}

function isUnicode(text: string): boolean {
  return Buffer.from(text, 'utf8').toString('utf8') === text;
}

/** Of the armour: a signature with the largest key we take has half of them. */
const maximumCharacters = 16_384;
const magic = Buffer.from('SSHSIG', 'latin1');

type Parts = {
  readonly publicKey: Buffer;
  readonly namespace: Buffer;
  readonly hash: 'sha256' | 'sha512';
  readonly signature: Buffer;
};

function partsOf(armored: string): Parts | null {
  if (armored.length > maximumCharacters) return null;
  const body = /^-----BEGIN SSH SIGNATURE-----\n((?:[A-Za-z0-9+/=]+\n)+)-----END SSH SIGNATURE-----\n?$/.exec(armored);
  const blob = base64Bytes(body?.[1]?.replaceAll('\n', '') ?? '');
  if (blob === null) return null;
  const wire = wireOf(blob);
  if (wire.raw(magic.length)?.equals(magic) !== true || wire.uint32() !== 1) return null;
  const publicKey = wire.bytes();
  const namespace = wire.bytes();
  const reserved = wire.bytes();
  const hash = wire.text();
  const signature = wire.bytes();
  if (publicKey === null || namespace === null || signature === null || !wire.isAtEnd()) return null;
  if (reserved?.length !== 0 || (hash !== 'sha256' && hash !== 'sha512')) return null;
  return { publicKey, namespace, hash, signature };
}

/** Is this the key's signature of the bytes? Never with SHA-1, which is what `ssh-rsa` as an algorithm means. */
function isOf(signer: SshKey, signed: Buffer, wire: Wire): boolean {
  const algorithm = wire.text();
  const value = wire.bytes();
  if (value === null) return false;
  if (signer.kind === 'rsa') {
    const hash = algorithm === 'rsa-sha2-256' ? 'sha256' : algorithm === 'rsa-sha2-512' ? 'sha512' : null;
    if (hash === null || value.length !== signer.modulusBytes || !wire.isAtEnd()) return false;
    return verify(hash, signed, signer.key, value);
  }
  if (algorithm !== typeOf(signer)) return false;
  const content = signer.application === null ? signed : touched(signer.application, signed, wire);
  if (content === null || !wire.isAtEnd()) return false;
  if (signer.kind === 'ed25519') return value.length === 64 && verify(null, content, signer.key, value);
  const pair = pairOf(value, signer.curve.bytes);
  return pair !== null && verify(signer.curve.hash, content, { key: signer.key, dsaEncoding: 'ieee-p1363' }, pair);
}

function typeOf({ blob }: SshKey): string | null {
  return wireOf(blob).text();
}

/** What a security key signs: nothing unless a person touched it, which the first flag says. */
function touched(application: string, signed: Buffer, wire: Wire): Buffer | null {
  const flags = wire.raw(1);
  const counter = wire.raw(4);
  if (flags === null || counter === null || ((flags[0] ?? 0) & 1) === 0) return null;
  const ofApplication = createHash('sha256').update(application, 'latin1').digest();
  return Buffer.concat([ofApplication, flags, counter, createHash('sha256').update(signed).digest()]);
}

/** r and s of ECDSA, side by side at full length. */
function pairOf(value: Buffer, bytes: number): Buffer | null {
  const wire = wireOf(value);
  const numbers = [wire.positive(), wire.positive()];
  if (!wire.isAtEnd()) return null;
  const padded = numbers.map((n) =>
    n === null || n.length > bytes ? null : Buffer.concat([Buffer.alloc(bytes - n.length), n]),
  );
  return padded.every((n) => n !== null) ? Buffer.concat(padded) : null;
}
