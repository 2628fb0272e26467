import { readsOf } from '../../model/effective.ts';
import type { Lookup } from '../../model/lookup.ts';
import type { Reference, Transformer } from '../../model/model.ts';
import { lineageOf } from '../../sql/lineage/lineage.ts';
import type { ParseSql } from '../../sql/lineage/tree.ts';

/**
 * What a transformer reads, each reference with the columns that its queries use of it, for values or to choose rows. As
 * they stand where a query cannot be followed, or the code is no SQL: then it uses all that it takes.
 */
export function usedReferences(
  lookup: Lookup,
  transformer: Transformer,
  parseSql: ParseSql | undefined,
): readonly Reference[] {
  const references = Object.entries(transformer.reads);
  const used = parseSql === undefined ? null : usedInputs(lookup, transformer, parseSql);
  if (used === null) return references.map(([, reference]) => reference);
  return references.map(([name, reference]) => ({
    ...reference,
    columns: [...used].flatMap((one) => (one.startsWith(`${name}.`) ? [one.slice(name.length + 1)] : [])),
  }));
}

/** `input.column` each; null where it cannot be told. */
function usedInputs(lookup: Lookup, { reads, code }: Transformer, parseSql: ParseSql): ReadonlySet<string> | null {
  if (code.kind !== 'sql') return null;
  const datastoreAt = (address: string) => lookup.object('datastore', address);
  const inputs = new Map(
    Object.entries(reads).map(([name, reference]) => [
      name,
      [...new Set(readsOf(datastoreAt, { read: [reference] }).flatMap(({ columns }) => columns))],
    ]),
  );
  const used = new Set<string>();
  for (const query of Object.values(code.queries)) {
    const { names, opaque, of } = lineageOf(parseSql(query), inputs, code.dialect);
    if (names === null || opaque !== null) return null;
    for (const name of names) for (const source of of(name)) used.add(source);
  }
  return used;
}
