import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testKey } from '../testing/keys.ts';
import { testModel } from '../testing/model.ts';

const signers = (...keys: string[]) => keys.map((key) => ({ key: testKey(key) }));
const recovery = { signatures: 2, waiting: '14d' };

test('a mesh that asks for more signatures than it has signers is found', () => {
  expect(found(testModel({ mesh: { recovery, signers: signers('A', 'B') } }))).toEqual([]);
  expect(found(testModel({ mesh: { recovery, signers: signers('A', 'A') } }))).toEqual([
    "error recovery-out-of-reach mesh: mesh 'acme' has 1 signer, and a recovery takes 2 signatures: no zone or environment that its owner left could ever be recovered.",
  ]);
});

test('so is a zone that has some signers and too few, as a warning', () => {
  const mesh = { recovery, signers: signers('A', 'B') };
  expect(found(testModel({ mesh, zone: { signers: signers('C') } }))).toEqual([
    "warning recovery-out-of-reach retail: zone 'retail' has 1 signer, and a recovery takes 2 signatures: no team that its owner left could ever be recovered.",
  ]);
});
