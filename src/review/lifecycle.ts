/**
 * Deprecate, acknowledge, remove: what a change must heed of it. The producer announces an end in time; who reads it says
 * at its own next change that it knows. That something is deprecated is its producer's word and holds up nobody else; that
 * it goes before its day, or from under its readers, `interlock` finds.
 */
import { askOf, findingOf } from '../check/draft.ts';
import { judge } from '../check/judge.ts';
import type { Ask } from '../check/rule.ts';
import { notAcknowledged } from '../check/rules/not-acknowledged.ts';
import { pastRemoval } from '../check/rules/past-removal.ts';
import type { Facts } from '../engine/facts.ts';
import type { Finding } from '../findings/finding.ts';
import type { ModelObject } from '../model/object.ts';
import type { ParseSql } from '../sql/lineage/tree.ts';
import { movesIn, onlyFollows } from './moves.ts';
import { newlyDeprecatedRead } from './newly-deprecated-read.ts';
import { shortNotice } from './notice-too-short.ts';
import type { ObjectChange, Proposal, Side } from './proposal.ts';

/** Of phase 1. `parseSql`: how queries of transformers are read, to tell what they use. The same rule's warning of `check` about the same thing is outweighed by what is here. */
export function lifecycle(proposal: Proposal, facts: Facts, asOfMs: number, parseSql?: ParseSql): readonly Finding[] {
  const { base, head, changes } = proposal;
  if (base === null) return [];
  const { moves } = movesIn(proposal, asOfMs);
  const asks = {
    base: askOf(base.lookup, facts, asOfMs, parseSql),
    head: askOf(head.lookup, facts, asOfMs, parseSql),
  };
  return changes.flatMap((change) => {
    const { after } = change;
    if (after === null) return [];
    if (after.kind === 'datastore') {
      const from = moves.find(({ to }) => to === after.address)?.from ?? after.address;
      return shortNotice(base.lookup.object('datastore', from), after.noun, { base, head, asOfMs });
    }
    // What moved as it was offered, and who merely follows it, has changed nothing of its own.
    const isMoved = moves.some(({ to }) => to === after.address);
    if (!isReader(after) || isMoved || onlyFollows(change, moves)) return [];
    return [...ownMove(after, asks.head, head), ...newlyDeprecatedRead(change, asks, head)];
  });
}

function isReader(object: ModelObject): object is ModelObject<'workspace' | 'transformer'> {
  return object.kind === 'workspace' || object.kind === 'transformer';
}

/** What a reader was told as a warning stands in the way of its own change. */
function ownMove(reader: NonNullable<ObjectChange['after']>, ask: Ask, head: Side): readonly Finding[] {
  return [notAcknowledged, pastRemoval].flatMap((rule) =>
    [...judge(rule, reader, ask)].map((report) =>
      findingOf({ related: [], ...report, rule: rule.name, severity: 'error' }, head.lookup, head.placeOf),
    ),
  );
}
