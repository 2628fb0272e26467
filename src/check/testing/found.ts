import type { Facts } from '../../engine/facts.ts';
import type { Model } from '../../model/model.ts';
import type { ParseSql } from '../../sql/lineage/tree.ts';
import { check } from '../check.ts';
import { testFacts } from './facts.ts';

/** What `check` finds, one line each: `error rule address: message`. */
export function found(
  model: Model,
  facts: Facts = testFacts,
  options: { readonly parseSql?: ParseSql; readonly asOfMs?: number } = {},
): string[] {
  return check(model, facts, { asOfMs: 0, places: {}, ...options }).map(
    (f) => `${f.severity} ${f.rule} ${f.address}: ${f.message}`,
  );
}
