import { expect, test } from 'vitest';
import { saidOf } from '../testing/declassified.ts';

test('a declassification counts on its last day, and no longer', () => {
  expect(saidOf({ until: '2026-01-31' }, 'expired-declassification', '2026-01-31')).toEqual([]);
  expect(saidOf({ until: '2026-01-31' }, 'expired-declassification', '2026-02-01')).toEqual([
    "warning expired-declassification declassification:clean: declassification 'clean' held until 2026-01-31, so the policies of zone 'retail' hold again for what transformer 'retail/insight/clean' makes.",
  ]);
});
