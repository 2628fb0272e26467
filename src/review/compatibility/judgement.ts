import type { Reader } from './readers.ts';
import type { Change } from './table.ts';

/** What is said of one thing that changed, before it is known who is asked. */
export type Judgement = {
  readonly rule: string;
  /** Of what changed, as base has it; as head has it where it is new. */
  readonly address: string;
  /** The same in head, or what is around it where it is gone: where the finding stands. */
  readonly headAddress: string;
  /** Of the attribute there, where it is about one. */
  readonly headPath?: readonly string[];
  /** A sentence: what changes. */
  readonly what: string;
  /** Rows of the table that it falls under. */
  readonly changes: readonly Change[];
  /** Readers that break, or are warned. */
  readonly readers: readonly Reader[];
  /** Columns of the dataset in base, of which readers use some; empty where it is about no dataset. */
  readonly columns: readonly string[];
  /** The address of the dataset as base names it. */
  readonly dataset: string;
  readonly severity: 'error' | 'warning';
  /** What to do instead, sentences. */
  readonly instead: string;
};
