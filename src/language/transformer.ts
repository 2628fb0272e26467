import type { Code, Transformer } from '../model/model.ts';
import { type Noun, noun, type ObjectName } from './noun.ts';
import { type ReferenceText, reference } from './workspace.ts';

export type TransformerBody = Omit<Transformer, 'address' | 'reads'> & {
  readonly reads: Readonly<Record<string, ReferenceText>>;
};

/** Code of a team that reads datasets and writes those of the datastore whose changes are `output('<address>')`. */
export function transformer(
  address: ObjectName,
  body: TransformerBody,
): Noun<'transformer'> & { readonly address: ObjectName } {
  const { reads } = body ?? {};
  // What is no object of names is left for the loader to refuse.
  if (typeof reads !== 'object' || reads === null || Array.isArray(reads))
    return noun('transformer', body, { address });
  const all = Object.entries(reads).map(([name, wanted]) => [name, reference(wanted)]);
  return noun('transformer', body, { address, reads: Object.fromEntries(all) });
}

/** A query for each dataset that is made; inputs are the names under `reads`. */
export function sql(
  queries: Readonly<Record<string, string>>,
  options: { readonly dialect?: 'postgres' | 'duckdb' } = {},
): Code {
  return { ...options, kind: 'sql', dialect: options?.dialect ?? 'postgres', queries };
}

/** A container image, pinned by its digest: `registry/name@sha256:...`. */
export function image(name: string): Code {
  return { kind: 'image', image: name };
}
