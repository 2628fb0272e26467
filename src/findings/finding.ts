/**
 * Terms. *finding*: one thing wrong, in the author's words. *place*: a file, line and column of the model, shown and
 * never trusted. *rule*: the check that found it; its page is docs/rules/<rule>.md.
 */

/** Where in the model's files; the file is relative to the model's root, with '/' between parts; line and column from 1. */
export type Place = { readonly file: string; readonly line: number; readonly column: number };

export type Severity = 'error' | 'warning';

export type Finding = {
  /** The first ten hexadecimal digits of `digest`. */
  readonly id: string;
  readonly rule: string;
  readonly severity: Severity;
  /** The object it is about, such as `retail/sales/orders.customers#name`; null where no object could be read. */
  readonly address: string | null;
  /** What is wrong and why it matters. */
  readonly message: string;
  /** What to do. */
  readonly help: string;
  readonly at: Place | null;
  readonly related: readonly { readonly message: string; readonly at: Place | null }[];
  /** Who owns the object: the label of the owner, such as `github acme/sales-data`; null where unknown. */
  readonly owner: string | null;
  /** Since when, and by whose change, it is so; null where nobody asked the history. */
  readonly blame: Blame | null;
  /** Where one finding may be of several columns of a dataset: their addresses. Beside the digest, so that one fewer is no other finding. */
  readonly columns?: readonly string[];
  /**
   * Of a policy that holds from this day on: until then it is a warning for what was there before, and blocks a change
   * that adds it.
   */
  readonly inheritedUntil?: string;
  /** SHA-256 of rule, address, message: stable from run to run and independent of place. */
  readonly digest: string;
};

/** The commit that brought a finding about, its author as the commit names them, and its time, `2026-01-31T09:00:00Z`. */
export type Blame = { readonly commit: string; readonly author: string; readonly at: string };
