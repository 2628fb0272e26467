import { keyTypes, parseSshKey } from '../../base/ssh-key.ts';
import { harmless } from '../../findings/harmless.ts';
import { meshAddress } from '../../model/address.ts';
import type { Signer } from '../../model/model.ts';
import { partyWords } from '../../model/party.ts';
import type { Report, Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';
import { quoted } from '../words.ts';

/** With the key of a signer something can be signed. */
export const unusableSigner: Rule = {
  name: 'unusable-signer',
  judges: {
    mesh: ({ signers }) => unusable(meshAddress, signers),
    *zone({ name, signers, teams }) {
      yield* unusable(name, signers);
      for (const [team, declared] of Object.entries(teams)) yield* unusable(`${name}/${team}`, declared.signers);
    },
  },
};

function* unusable(party: string, signers: readonly Signer[] = []): Iterable<Report> {
  for (const [index, { key }] of signers.entries()) {
    if (parseSshKey(key) !== null) continue;
    const [type = ''] = key.split(' ');
    const isKind = keyTypes.some((one) => one === type);
    yield {
      message: `signer '${harmless(key, 40)}' of ${partyWords(party)} can sign nothing: ${
        isKind
          ? `what follows '${type}' is no key of that kind${type === 'ssh-rsa' ? ' with 2,048 bits or more' : ''}`
          : `keys of kind '${harmless(type, 40)}' sign no statements`
      }. Its consents would all be refused.`,
      help: `Copy the first two words of the *.pub file that  ssh-keygen -t ed25519  wrote. Kinds that sign: ${quoted(keyTypes)}.`,
      at: spotOf(party, 'signers', index),
    };
  }
}
