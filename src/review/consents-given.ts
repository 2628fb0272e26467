import { byCodePoint } from '../base/digest.ts';
import { consentAddress } from '../model/address.ts';
import type { Consent } from '../model/model.ts';
import { parseConsentFile, type Statement } from './consent-file.ts';
import type { Proposal } from './proposal.ts';

/** A consent that is somewhere in a proposal, whether it counts or not. */
export type Given = {
  /** The file, or the address of the entry. */
  readonly at: string;
  readonly statement: Statement;
} & (
  | { readonly kind: 'signed'; readonly signatures: readonly string[] }
  | { readonly kind: 'entry'; readonly inBase: boolean; readonly inHead: boolean }
);

/** Files that hold no consent are left out: loading finds them. */
export function signedIn(files: Readonly<Record<string, string>>): Given[] {
  return Object.keys(files)
    .sort(byCodePoint)
    .flatMap((at) => {
      const file = parseConsentFile(files[at] ?? '');
      return 'wrong' in file ? [] : [{ kind: 'signed' as const, at, ...file }];
    });
}

/** Entries of either side about an address; where they differ, what base says is what was merged. */
export function entriesAbout(address: string, { base, head }: Proposal): Given[] {
  const names = new Set([
    ...(base?.lookup.found('consented', address) ?? []),
    ...head.lookup.found('consented', address),
  ]);
  return [...names].sort(byCodePoint).flatMap((at) => {
    const merged = base?.lookup.object('consent', at) ?? null;
    const proposed = head.lookup.object('consent', at);
    const entry = merged ?? proposed;
    return entry === null
      ? []
      : [
          {
            kind: 'entry' as const,
            at: consentAddress(entry.name),
            statement: statementOf(entry),
            inBase: merged !== null,
            inHead: proposed !== null,
          },
        ];
  });
}

export function statementOf(entry: Consent): Statement {
  const { mesh, rule, address, before, after, party, reason, notAfter, nonce } = entry;
  return { mesh, rule, address, before, after, party, reason, notAfter, nonce };
}
