import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { verifySshSignature } from './ssh-signature.ts';
import { recorded, recordedText } from './testing/recorded.ts';
import { armored, testKinds, testSigner } from './testing/sign.ts';

const namespace = 'freehold-consent';

describe.each(recorded)('a signature that ssh-keygen made with a key of $name', ({ key, signature }) => {
  test('counts for its text, key and namespace, and for no other', () => {
    const counts = (text: string, by: string, within: string) => verifySshSignature(text, signature, by, within);
    expect(counts(recordedText, key, namespace)).toBe(true);
    expect(counts(recordedText, `${key} ana@laptop`, namespace)).toBe(true);
    expect(counts(`${recordedText} `, key, namespace)).toBe(false);
    expect(counts(recordedText, key, 'git')).toBe(false);
    expect(counts(recordedText, key, '')).toBe(false);
    for (const other of recorded) if (other.key !== key) expect(counts(recordedText, other.key, namespace)).toBe(false);
  });

  test('does not count once a bit of it is another, a byte is gone or one is added', () => {
    const blob = blobOf(signature);
    const counts = (bytes: Buffer) => verifySshSignature(recordedText, armored(bytes), key, namespace);
    expect(counts(blob)).toBe(true);
    for (let at = 0; at < blob.length; at++) {
      const flipped = Buffer.from(blob);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      expect(counts(flipped), `byte ${at}`).toBe(false);
      expect(counts(blob.subarray(0, at)), `the first ${at} bytes`).toBe(false);
    }
    expect(counts(Buffer.concat([blob, Buffer.alloc(1)]))).toBe(false);
  });
});

describe.each(testKinds)('a key of kind %s', (kind) => {
  const { key, sign } = testSigner(kind);
  const counts = (options: Parameters<typeof sign>[1]) =>
    verifySshSignature('text', sign('text', options), key, namespace);

  test('signs with SHA-256 or SHA-512 of the text', () => {
    expect(counts({})).toBe(true);
    expect(counts({ hash: 'sha256' })).toBe(true);
    expect(counts({ hash: 'sha1' })).toBe(false);
    expect(counts({ hash: 'sha384' })).toBe(false);
  });

  test('signs in the one form there is', () => {
    expect(counts({ version: 2 })).toBe(false);
    expect(counts({ reserved: 'x' })).toBe(false);
    expect(counts({ namespace: 'file' })).toBe(false);
    expect(counts({ rest: Buffer.from([0]) })).toBe(false);
    expect(counts({ algorithm: 'none' })).toBe(false);
  });
});

test('RSA signs with SHA-2, never with SHA-1, and never with a short key', () => {
  const rsa = testSigner('rsa');
  const counts = (algorithm: string) => verifySshSignature('text', rsa.sign('text', { algorithm }), rsa.key, namespace);
  expect(['rsa-sha2-256', 'rsa-sha2-512', 'ssh-rsa'].map(counts)).toEqual([true, true, false]);
  const short = testSigner('rsa', 1024);
  expect(verifySshSignature('text', short.sign('text'), short.key, namespace)).toBe(false);
});

test('a security key that nobody touched has not signed', () => {
  for (const kind of ['sk-ed25519', 'sk-nistp256'] as const) {
    const { key, sign } = testSigner(kind);
    expect(verifySshSignature('text', sign('text', { flags: 0 }), key, namespace)).toBe(false);
    expect(verifySshSignature('text', sign('text', { flags: 5 }), key, namespace)).toBe(true);
  }
});

test('text that is not Unicode is signed by nobody, though its UTF-8 is that of another text', () => {
  const { key, sign } = testSigner();
  expect(verifySshSignature('\ufffd', sign('\ufffd'), key, namespace)).toBe(true);
  expect(verifySshSignature('\ud800', sign('\ud800'), key, namespace)).toBe(false);
});

test('whatever stands in place of a signature or a key is none, and nothing throws', () => {
  const { key, sign } = testSigner();
  const good = sign('text');
  const [, line = ''] = good.split('\n');
  for (const signature of [
    '',
    'x',
    good.trim().replaceAll('\n', '\r\n'),
    good.replace('BEGIN SSH SIGNATURE', 'BEGIN PGP SIGNATURE'),
    good.replace(line, `${line} `),
    good.replace(line, `${line}=`),
    `${good}${good}`,
    `\n${good}`,
    armored(Buffer.alloc(0)),
    armored(Buffer.alloc(100_000)),
    armored(Buffer.from('SSHSIG\0\0\0\x01\xff\xff\xff\xff', 'latin1')),
  ])
    expect(verifySshSignature('text', signature, key, namespace)).toBe(false);
  const [type = '', base64 = ''] = key.split(' ');
  for (const by of [
    '',
    ' ',
    type,
    `${type} `,
    `ssh-rsa ${base64}`,
    `${type} ${base64}=`,
    `${type}  ${base64}`,
    `ssh-dss ${base64}`,
  ])
    expect(verifySshSignature('text', good, by, namespace)).toBe(false);
});

test('a point that is not on the curve is no key', () => {
  const { key, sign } = testSigner('nistp256');
  const [type = '', base64 = ''] = key.split(' ');
  const blob = Buffer.from(base64, 'base64');
  blob[blob.length - 1] = (blob.at(-1) ?? 0) ^ 1;
  expect(verifySshSignature('text', sign('text'), `${type} ${blob.toString('base64')}`, namespace)).toBe(false);
});

const hasProgram = spawnSync('ssh-keygen', ['-?']).error === undefined;
if (!hasProgram) console.log('skipped: signatures of the ssh-keygen of this machine, since there is none');

describe.skipIf(!hasProgram)('the ssh-keygen of this machine', () => {
  const root = mkdtempSync(join(tmpdir(), 'freehold-keys-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const ran = (...arguments_: string[]) => spawnSync('ssh-keygen', arguments_, { cwd: root, encoding: 'utf8' });

  test.each([
    ['ed25519', '256'],
    ['ecdsa', '256'],
    ['ecdsa', '384'],
    ['ecdsa', '521'],
    ['rsa', '2048'],
  ])('signs with a key of %s and %s bits', (type, bits) => {
    const file = `${type}${bits}`;
    ran('-q', '-t', type, '-b', bits, '-N', '', '-C', 'ana@laptop', '-f', file);
    writeFileSync(join(root, `${file}.txt`), 'text of today');
    const { status, stderr } = ran('-q', '-Y', 'sign', '-n', namespace, '-f', file, `${file}.txt`);
    expect(status, stderr).toBe(0);
    const signature = readFileSync(join(root, `${file}.txt.sig`), 'utf8');
    const key = readFileSync(join(root, `${file}.pub`), 'utf8').trim();
    expect(verifySshSignature('text of today', signature, key, namespace)).toBe(true);
    expect(verifySshSignature('text of tomorrow', signature, key, namespace)).toBe(false);
  });

  test('takes signatures of the keys of these tests: both say the same', () => {
    for (const kind of testKinds) {
      const { key, sign } = testSigner(kind);
      writeFileSync(join(root, 'allowed'), `ana ${key}\n`);
      writeFileSync(join(root, 'ours.sig'), sign('text'));
      const arguments_ = ['-Y', 'verify', '-f', 'allowed', '-I', 'ana', '-n', namespace, '-s', 'ours.sig'];
      const { status, stderr } = spawnSync('ssh-keygen', arguments_, { cwd: root, input: 'text', encoding: 'utf8' });
      expect(status, `${kind}: ${stderr}`).toBe(0);
    }
  });
});

function blobOf(signature: string): Buffer {
  return Buffer.from(signature.replaceAll(/-----.*-----|\n/g, ''), 'base64');
}
