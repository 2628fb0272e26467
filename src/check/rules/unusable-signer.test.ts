import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testKey } from '../testing/keys.ts';
import { testModel } from '../testing/model.ts';

const approver = { kind: 'approvers', host: 'github.com', users: [5] } as const;

test('a key that is none, of a kind that does not sign, or too short, is found wherever it is named', () => {
  const signers = [{ key: 'ssh-ed25519 AAAA' }, { key: testKey('ana') }];
  expect(found(testModel({ mesh: { signers } }))).toEqual([
    "error unusable-signer mesh: signer 'ssh-ed25519 AAAA' of the mesh can sign nothing: what follows 'ssh-ed25519' is no key of that kind. Its consents would all be refused.",
  ]);
  expect(found(testModel({ zone: { signers: [{ key: 'ssh-dss AAAAB3NzaC1kc3M=' }] } }))).toEqual([
    "error unusable-signer retail: signer 'ssh-dss AAAAB3NzaC1kc3M=' of zone 'retail' can sign nothing: keys of kind 'ssh-dss' sign no statements. Its consents would all be refused.",
  ]);
  expect(found(testModel({ sales: { owner: approver, signers: [{ key: 'ssh-rsa AAAA' }] } }))).toEqual([
    "error unusable-signer retail/sales: signer 'ssh-rsa AAAA' of team 'retail/sales' can sign nothing: what follows 'ssh-rsa' is no key of that kind with 2,048 bits or more. Its consents would all be refused.",
  ]);
});

test('a key that signs is none of it', () => {
  expect(found(testModel({ mesh: { signers: [{ key: testKey('ana') }, { key: testKey('ben') }] } }))).toEqual([]);
});
