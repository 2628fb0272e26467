import * as column from '../../language/column.ts';
import * as datastore from '../../language/datastore.ts';
import * as environment from '../../language/environment.ts';
import * as mesh from '../../language/mesh.ts';
import * as owners from '../../language/owners.ts';
import * as policy from '../../language/policy.ts';
import * as quality from '../../language/quality.ts';
import * as statements from '../../language/statements.ts';
import * as transformer from '../../language/transformer.ts';
import * as workspace from '../../language/workspace.ts';

export type Word = (...values: readonly unknown[]) => unknown;

/** What the files of the language export, by name: more than its words. A word that is missing here is left to the sandbox. */
const exported: Readonly<Record<string, unknown>> = {
  ...column,
  ...datastore,
  ...environment,
  ...mesh,
  ...owners,
  ...policy,
  ...quality,
  ...statements,
  ...transformer,
  ...workspace,
};

/** The word of a name; null where it is none that can be had outside the sandbox. */
export function wordNamed(name: string): Word | null {
  const word = Object.hasOwn(exported, name) ? exported[name] : undefined;
  return isWord(word) ? word : null;
}

/** Does it give a column? */
export function isWordOfColumns(name: string): boolean {
  return Object.hasOwn(column, name);
}

/** Of all words, and of all that goes on from a column: for near names. */
export const wordNames: readonly string[] = Object.keys(exported).filter((name) => isWord(exported[name]));

function isWord(value: unknown): value is Word {
  return typeof value === 'function';
}

const columnPrototype: object = Object.getPrototypeOf(column.boolean());

export const columnWords: readonly string[] = Object.getOwnPropertyNames(columnPrototype).filter(
  (name) => name !== 'constructor',
);

export function isColumn(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === columnPrototype;
}

/** The word that goes on from a column, `varchar(10).nullable`; null where a column has no such word. */
export function columnWord(value: object, name: string): Word | null {
  if (name === 'constructor' || !Object.hasOwn(columnPrototype, name)) return null;
  const method: unknown = Reflect.get(columnPrototype, name);
  return isWord(method) ? (...values) => Reflect.apply(method, value, values) : null;
}
