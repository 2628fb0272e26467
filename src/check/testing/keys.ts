import { createHash } from 'node:crypto';
import { wireBytes } from '../../base/ssh-wire.ts';

/** A public key as OpenSSH writes it, another for each name; nobody has the private one. */
export function testKey(name: string): string {
  const point = createHash('sha256').update(name).digest();
  return `ssh-ed25519 ${Buffer.concat([wireBytes('ssh-ed25519'), wireBytes(point)]).toString('base64')}`;
}
