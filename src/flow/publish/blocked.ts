import type { Finding } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';

/** Thrown inside the transaction of publishing, so that nothing of it stays; caught at its edge, where it is a finding. */
export class Blocked extends Error {
  readonly finding: Finding;

  constructor(draft: Parameters<typeof finding>[0]) {
    super(draft.message);
    this.finding = finding(draft);
  }
}

export async function orBlocked(work: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await work();
  } catch (failure) {
    if (failure instanceof Blocked) return [failure.finding];
    throw failure;
  }
}
