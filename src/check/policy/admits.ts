import type { Situation } from './situation.ts';
import type { ZonePolicy } from './zone-policies.ts';

/**
 * Does a policy let this reader in? It is not broken, and it would be if its `readableBy` did not name the reader: what
 * holds for another reason (`when(classified('pii'), readableBy(...))` of rows without) is silent on the reader.
 */
export function admits({ compiled }: ZonePolicy, situation: Situation): boolean {
  if (!compiled.speaksOf.has('reader')) return false;
  return compiled.holds(situation) !== false && compiled.holds({ ...situation, reader: nobody }) === false;
}

/** Of no zone. */
const nobody = { zone: '', team: '' };
