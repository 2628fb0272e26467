import { meshAddress } from '../../model/address.ts';
import type { Signer } from '../../model/model.ts';
import type { Report, Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** Who is to recover ownership by signatures has as many signers. */
export const recoveryOutOfReach: Rule = {
  name: 'recovery-out-of-reach',
  judges: {
    *mesh({ name, recovery, signers = [] }) {
      if (recovery === undefined || countOf(signers) >= recovery.signatures) return;
      yield {
        ...tooFew(`mesh '${name}'`, 'zone or environment', recovery.signatures, signers),
        at: spotOf(meshAddress, 'recovery', 'signatures'),
      };
    },
    *zone({ name, signers = [] }, ask) {
      const signatures = ask.object('mesh', meshAddress)?.recovery?.signatures ?? 0;
      // Without any signer the zone never meant to.
      if (signers.length === 0 || countOf(signers) >= signatures) return;
      yield {
        ...tooFew(`zone '${name}'`, 'team', signatures, signers),
        severity: 'warning',
        at: spotOf(name, 'signers'),
      };
    },
  },
};

function tooFew(
  subject: string,
  what: string,
  signatures: number,
  signers: readonly Signer[],
): Pick<Report, 'message' | 'help'> {
  return {
    message: `${subject} has ${countOf(signers) === 1 ? '1 signer' : `${countOf(signers)} signers`}, and a recovery takes ${signatures} signatures: no ${what} that its owner left could ever be recovered.`,
    help: 'Name more  signers,  or ask for fewer signatures in  recovery  of the mesh.',
  };
}

/** One key counts once. */
function countOf(signers: readonly Signer[]): number {
  return new Set(signers.map(({ key }) => key.split(' ').slice(0, 2).join(' '))).size;
}
