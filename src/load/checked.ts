import { check } from '../check/check.ts';
import type { Facts } from '../engine/facts.ts';
import type { Finding } from '../findings/finding.ts';
import type { Lookup } from '../model/lookup.ts';
import type { Model } from '../model/model.ts';
import type { Loaded } from './load.ts';
import type { Judges } from './sandbox/judge.ts';
import { hasSql, sqlWhere } from './sql-parser.ts';

/** A model of files, read and judged. */
export type Checked<T> = Pick<Loaded, 'digest' | 'recoveries' | 'source'> & {
  /** Of loading and of checking, in reading order. */
  readonly findings: readonly Finding[];
  readonly counts: Counts;
  /** What else was asked of it. */
  readonly asked: T;
};

/** Of what was judged; zeros where it could not be. */
export type Counts = { readonly datastores: number; readonly datasets: number; readonly workspaces: number };

/** Reads the model as a whole, when it is called: null where there is not exactly one mesh. */
export type Ask<T> = (model: () => Model | null) => T;

export type Checking = {
  readonly facts: Facts;
  readonly asOfMs: number;
  /** Who evaluates files; absent: started when needed. */
  readonly judges?: Judges;
};

/** Of a model that was loaded whole. What could not be read would be missing to every rule: its own finding is enough. */
export async function checkedWhole<T>(loaded: Loaded, { facts, asOfMs }: Checking, ask: Ask<T>): Promise<Checked<T>> {
  const { model, lookup, digest, findings, places, recoveries, source } = loaded;
  const isWhole = model !== null && lookup !== null && digest !== null;
  const found = isWhole ? check(model, facts, { asOfMs, places, ...(await sqlWhere(hasSql(model))) }) : [];
  const datasets = lookup?.addresses('datastore').reduce((sum, one) => sum + lookup.datasetsOf(one), 0) ?? 0;
  return {
    digest,
    recoveries,
    source,
    findings: [...findings, ...found],
    counts: countsIn(digest === null ? null : lookup, datasets),
    asked: ask(() => model),
  };
}

export function countsIn(lookup: Lookup | null, datasets: number): Counts {
  if (lookup === null) return { datastores: 0, datasets: 0, workspaces: 0 };
  return {
    datastores: lookup.addresses('datastore').length,
    datasets,
    workspaces: lookup.addresses('workspace').length,
  };
}
