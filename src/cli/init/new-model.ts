import { harmless } from '../../findings/harmless.ts';
import type { Keyless } from './introspect.ts';
import type { DatabaseUrl } from './url.ts';

/** A file of a new model: its path below the model's root, and its text. */
export type NewFile = { readonly path: string; readonly text: string };

export type NewModel = {
  /** The mesh's name, also that of the connection. */
  readonly name: string;
  readonly zone: string;
  readonly producer: string;
  readonly consumer: string;
  readonly datastore: string;
  /** The source; null: a datastore to be filled in by hand, on an embedded database. */
  readonly source: DatabaseUrl | null;
  /** Words for how changes are read, and why. */
  readonly changes: { readonly word: 'cdc()' | 'snapshot()'; readonly why: string };
  /** Text of the generated schema file. */
  readonly schema: string | null;
  /** Columns that were left out, each with its reason. */
  readonly leftOut: readonly string[];
  /** Datasets that the overlay leaves out until somebody says how their rows are told apart. */
  readonly keyless: readonly Keyless[];
};

/** On one line, whatever a database calls its tables. */
export function comment(text: string): string {
  return harmless(text, 600);
}
