import type { Finding } from '../findings/finding.ts';

/** A change that breaks something, unless everybody whose word it is consents. */
export type Break = {
  readonly finding: Finding;
  /** What a consent to it must say, beside the mesh and a party: the rule, and the address of what changed. */
  readonly rule: string;
  readonly address: string;
  /** Digests of the object that `address` is in, before and after the change; null where it is not there. */
  readonly before: string | null;
  readonly after: string | null;
  /** Parties whose consent it needs, all of them: the producer's zone (`retail`), and the team of each reader that breaks (`retail/insight`). */
  readonly needs: readonly string[];
};
