import { expect, test } from 'vitest';
import { saidOf } from '../testing/declassified.ts';

test('a declassification of other code warns, and says what the code is', () => {
  expect(saidOf({}, 'stale-declassification')).toEqual([]);
  expect(saidOf({ code: '0'.repeat(64) }, 'stale-declassification')).toEqual([
    "warning stale-declassification declassification:clean: declassification 'clean' is about other code or reads of transformer 'retail/insight/clean' than there are now, so the policies of zone 'retail' hold for all that it makes.",
  ]);
});
