import { compatibility } from './compatibility.ts';
import { consented } from './consents.ts';
import type { Compatible } from './review.ts';

/** Phase 3: what breaks by a change, less what everybody consents to whose word it is. */
export const compatible: Compatible = (proposal, facts, asOfMs) =>
  consented(compatibility(proposal, facts, asOfMs), proposal, asOfMs);
