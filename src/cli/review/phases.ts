import { compatibility } from '../../review/compatibility.ts';
import { consented } from '../../review/consents.ts';
import type { VerifySignature } from '../../review/recovery.ts';
import type { Compatible } from '../../review/review.ts';
import { verifySshSignature } from '../../review/ssh-signature.ts';

/** What breaks by a change, less what everybody consents to whose word it is. */
export const compatible: Compatible = (proposal, facts, asOfMs) =>
  consented(compatibility(proposal, facts, asOfMs), proposal, asOfMs);

export const verify: VerifySignature = verifySshSignature;
