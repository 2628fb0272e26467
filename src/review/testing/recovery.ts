import type { Owner } from '../../model/owner.ts';
import { type Recovery, recoveryFileText, recoveryNamespace, recoveryText } from '../recovery-file.ts';
import { type TestSigner, testSigner } from './sign.ts';

/** Three signers; the mesh and the zone of a test list some of them. */
export const [ana, ben, cleo]: readonly [TestSigner, TestSigner, TestSigner] = [
  testSigner(),
  testSigner(),
  testSigner(),
];

/** The text of a recovery of team sales of the model of tests, changed and signed as said. */
export function recoveryFile(
  parts: Partial<Recovery> & { readonly owner: Owner },
  ...by: readonly TestSigner[]
): string {
  const statement: Recovery = {
    mesh: 'acme',
    address: 'retail/sales',
    announced: '2026-06-01',
    until: '2026-07-31',
    reason: 'the team was dissolved',
    nonce: 'n1',
    ...parts,
  };
  const signatures = by.map(({ sign }) => sign(recoveryText(statement), { namespace: recoveryNamespace }));
  return recoveryFileText({ statement, signatures });
}
