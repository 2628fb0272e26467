import { compatible as lessConsents } from '../../review/compatible.ts';
import type { VerifySignature } from '../../review/recovery.ts';
import type { Compatible } from '../../review/review.ts';
import { verifySshSignature } from '../../review/ssh-signature.ts';

/** What breaks by a change, less what everybody consents to whose word it is. */
export const compatible: Compatible = lessConsents;

export const verify: VerifySignature = verifySshSignature;
