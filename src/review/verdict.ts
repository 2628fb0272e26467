import type { Finding } from '../findings/finding.ts';
import type { Origin } from './origin.ts';

/** 1 consistency: is head right? 2 authorization: may the origin do this? 3 compatibility: who breaks by it? */
export type Phase = 1 | 2 | 3;

/** One attribute that differs. `before`, `after`: its value in canonical JSON, null where it is not there. */
export type AttributeChange = {
  /** `retail/sales/orders.customers#name`: the object, or the dataset, column, group or team in it. */
  readonly address: string;
  /** Within that; empty: all of it. */
  readonly path: readonly string[];
  readonly before: string | null;
  readonly after: string | null;
};

export type Verdict = {
  readonly verdict: 'pass' | 'blocked';
  /** The first phase that failed; null where all passed. */
  readonly phase: Phase | null;
  readonly asOfMs: number;
  readonly origin: Origin;
  readonly changes: readonly AttributeChange[];
  /** Of that phase; and warnings of those before it. */
  readonly findings: readonly Finding[];
  /** What was wrong before and is not of this change: printed, and blocks nobody. */
  readonly inherited: readonly Finding[];
  /** Addresses or files of the consents that the change needed and had. */
  readonly consents: readonly string[];
};
