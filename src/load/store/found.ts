import { type Draft, findingOf } from '../../check/draft.ts';
import { around, draftsOf } from '../../check/judgement.ts';
import type { Change } from '../../check/questions.ts';
import { staleObjects } from '../../check/rejudge.ts';
import type { Facts } from '../../engine/facts.ts';
import type { Finding } from '../../findings/finding.ts';
import { inReadingOrder } from '../../findings/make.ts';
import type { Lookup } from '../../model/lookup.ts';
import { nameText, objectNamed } from '../../model/named.ts';
import { kinds } from '../../model/object.ts';
import { placeOf } from '../../model/places.ts';
import type { ParseSql } from '../../sql/lineage/tree.ts';
import type { Judgements } from './judged.ts';
import type { Later } from './later.ts';

/** What check finds in a state that differs little from what a store holds: what the difference can have touched is judged. */
export function foundOver(
  later: Later,
  judgements: Judgements,
  facts: Facts,
  { asOfMs, parseSql }: { readonly asOfMs: number; readonly parseSql?: ParseSql },
): readonly Finding[] {
  const { lookup, places } = later;
  if (lookup === null) return [];
  const { digestAt } = lookup;
  const head = around(lookup, facts, asOfMs, { digestAt, ...(parseSql === undefined ? {} : { parseSql }) });
  const stale = staleObjects(judgements, changesOf(later, lookup), asOfMs);
  const drafts: Draft[] = [];
  for (const object of stale.values()) {
    const now = objectNamed(lookup, object);
    if (now !== null) drafts.push(...draftsOf(now, head));
  }
  for (const { object, drafts: kept } of judgements.found()) if (!stale.has(nameText(object))) drafts.push(...kept);
  return inReadingOrder(
    drafts.map((draft) => findingOf(draft, lookup, (address, ...path) => placeOf(places, address, ...path))),
  );
}

/** Objects that differ from what the store holds; one that becomes another kind is gone, and new. */
function* changesOf({ store, chunks }: Later, lookup: Lookup): Generator<Change> {
  for (const [address, now] of chunks) {
    const was = store.chunk(address);
    if (was?.kind === now?.kind && was?.digest === now?.digest) continue;
    for (const kind of kinds) {
      const before = was?.kind === kind ? objectNamed(store.lookup, { kind, address }) : null;
      const after = now?.kind === kind ? objectNamed(lookup, { kind, address }) : null;
      if (before !== null || after !== null) yield { before, after };
    }
  }
}
