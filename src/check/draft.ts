import type { Facts } from '../engine/facts.ts';
import type { Finding, Place, Severity } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { meshAddress } from '../model/address.ts';
import { parseDay } from '../model/duration.ts';
import type { Lookup } from '../model/lookup.ts';
import type { Kind, ModelObject } from '../model/object.ts';
import { parts } from '../model/parts.ts';
import { declaredOwner, partyNamed } from '../model/party.ts';
import type { ParseSql } from '../sql/lineage/tree.ts';
import { judge } from './judge.ts';
import type { Ask, Memory, Rule, Spot } from './rule.ts';
import { rules } from './rules.ts';

/**
 * What a rule found, before anybody looks where it stands and whose it is: plain JSON that is the same wherever the
 * model's files are and whoever owns them, so that it can be kept for as long as what it rests on stands.
 */
export type Draft = {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly help: string;
  readonly at: Spot;
  readonly related: readonly { readonly message: string; readonly at: Spot }[];
  readonly columns?: readonly string[];
  readonly matter?: string;
  readonly inheritedUntil?: string;
};

/** What every rule says of one object. The same words of the same part are one finding, however often a rule says them. */
export function judgeObject(object: ModelObject, ask: Ask, all: readonly Rule[] = rules): readonly Draft[] {
  const drafts = new Map<string, Draft>();
  ask.memory.judged++;
  for (const rule of rulesOfKind(all, object.kind))
    for (const { severity = 'error', related = [], ...report } of judge(rule, object, ask)) {
      const key = `${rule.name}\n${report.at.address}\n${report.message}`;
      const { message, help, at, columns, matter, inheritedUntil } = report;
      const draft = { rule: rule.name, severity, message, help, at, related };
      if (!drafts.has(key))
        drafts.set(key, {
          ...draft,
          ...(columns === undefined ? {} : { columns }),
          ...(matter === undefined ? {} : { matter }),
          ...(inheritedUntil === undefined ? {} : { inheritedUntil }),
        });
    }
  return [...drafts.values()];
}

/** Most rules judge objects of one kind or two. */
function rulesOfKind(all: readonly Rule[], kind: Kind): readonly Rule[] {
  const known = byKind.get(all) ?? new Map<Kind, readonly Rule[]>();
  byKind.set(all, known);
  const found = known.get(kind) ?? all.filter(({ judges }) => judges[kind] !== undefined);
  known.set(kind, found);
  return found;
}

const byKind = new WeakMap<readonly Rule[], Map<Kind, readonly Rule[]>>();

/** Nothing of what is asked is noted. */
export function askOf(lookup: Lookup, facts: Facts, asOfMs: number, parseSql?: ParseSql): Ask {
  const memory: Memory = { plain: null, judged: 0 };
  const ask: Ask = {
    ...(parseSql === undefined ? {} : { parseSql }),
    memory,
    ...lookup,
    part: (part, address, name = '') => parts[part].in(lookup, address, name),
    facts,
    isReached: (day) => (parseDay(day) ?? Number.POSITIVE_INFINITY) <= asOfMs,
  };
  memory.plain = ask;
  return ask;
}

/** The finding, with its place and owner. */
export function findingOf(draft: Draft, lookup: Lookup, placeOf: PlaceOf): Finding {
  const placeIn = ({ address, path }: Spot) => placeOf(address, ...path);
  return finding({
    rule: draft.rule,
    severity: draft.severity,
    address: draft.at.address,
    message: draft.message,
    help: draft.help,
    at: placeIn(draft.at),
    related: draft.related.map(({ message, at }) => ({ message, at: placeIn(at) })),
    owner: labelOf(lookup, draft.at.address),
    ...(draft.columns === undefined ? {} : { columns: draft.columns }),
    ...(draft.matter === undefined ? {} : { matter: draft.matter }),
    ...(draft.inheritedUntil === undefined ? {} : { inheritedUntil: draft.inheritedUntil }),
  });
}

/** Where a part of an object stands, or the nearest thing around it. */
export type PlaceOf = (address: string, ...path: readonly (string | number)[]) => Place | null;

/** Of what nobody declares: its zone's owner, or the mesh's. */
function labelOf(lookup: Lookup, about: string): string {
  const [zone = ''] = (partyNamed(lookup, about) ?? '').split('/');
  return declaredOwner(lookup, about) ?? declaredOwner(lookup, zone) ?? declaredOwner(lookup, meshAddress) ?? 'nobody';
}
