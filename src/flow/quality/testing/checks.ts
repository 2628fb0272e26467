import type { Otherwise } from '../../../model/model.ts';
import type { PlannedCheck } from '../../../plan/plan.ts';

/** A check of each row: that a column is there, or that the row is as it is declared. */
export function rowCheck(test: 'present' | 'declared', column: string, otherwise: Otherwise = 'stop'): PlannedCheck {
  return {
    name: test === 'present' ? `present(${column})` : 'declared()',
    test: test === 'present' ? { kind: 'present', column } : { kind: 'declared' },
    otherwise,
    share: null,
    everyMs: null,
  };
}
