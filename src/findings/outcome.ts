import type { Blame, Finding } from './finding.ts';
import { harmless } from './harmless.ts';

/** What a verb found, for printers that continuous integration reads. */
export type Outcome = {
  readonly verb: 'check' | 'review';
  readonly findings: readonly Finding[];
  /** What was wrong before the change, and blocks nobody; null where nothing was compared. */
  readonly inherited: readonly Finding[] | null;
};

/** What printers know of the world around a model. */
export type Setting = {
  /** The model's directory as the repository's root sees it: empty, or `model/`. */
  readonly prefix: string;
  /** Of freehold. */
  readonly version: string;
  /** The page of a rule, in Markdown; null where it has none. */
  readonly page: (rule: string) => string | null;
  /** The text of a model file; null where there is none. */
  readonly source: (file: string) => string | null;
};

/** Printed for people at most; what machines read has all. */
export const shown = 200;

/**
 * The path from the repository's root of a file of the model; null where it would lead anywhere else, so that no
 * reader of a report opens or shows what is not of the tree.
 */
export function pathInTree(file: string, { prefix }: Pick<Setting, 'prefix'>): string | null {
  const isInside = !/^[a-z]:|\\/i.test(file) && file.split('/').every((part) => !['', '.', '..'].includes(part));
  return isInside ? harmless(prefix + file) : null;
}

/** Where a finding is shown that has no place: formats that demand one get the file that every model has. */
export const noPlace = { file: 'mesh.ts', line: 1, column: 1 } as const;

/** `2026-01-31T09:00:00Z by Ana, commit 0123456789`. */
export function blameText({ commit, author, at }: Blame): string {
  return `${harmless(at)} by ${harmless(author)}, commit ${harmless(commit.slice(0, 10))}`;
}

/** `2 errors, 1 warning`. */
export function countsText({ errors, warnings }: { readonly errors: number; readonly warnings: number }): string {
  return `${many(errors, 'error')}, ${many(warnings, 'warning')}`;
}

export function many(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
