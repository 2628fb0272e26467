import type { VerifySignature } from '../../review/recovery.ts';
import type { Compatible } from '../../review/review.ts';

/** What breaks by a change, less what everybody consents to whose word it is. */
export const compatible: Compatible = () => ({ findings: [], consents: [] });

export const verify: VerifySignature = () => false;
