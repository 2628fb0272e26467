import { byCodePoint } from '../../base/digest.ts';
import type { Facts } from '../../engine/facts.ts';
import type { Finding } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';
import { own } from '../../model/effective.ts';
import { declaredOwner, partyAt } from '../../model/party.ts';
import type { Break } from '../break.ts';
import type { Proposal } from '../proposal.ts';
import type { Judgement } from './judgement.ts';
import { type Reader, usedColumns } from './readers.ts';
import { table } from './table.ts';
import { type Way, wayOn } from './ways.ts';

/** Readers that a message names; all of them are asked. */
const mostNamed = 12;

export type BreakContext = {
  readonly proposal: Proposal;
  readonly facts: Facts;
  readonly before: string | null;
  readonly after: string | null;
  /** Does the datastore run in production, as base says? Else its breaks are warnings, and ask nobody. */
  readonly isProduction: boolean;
  /** Engines that a reader is served from, and those that hold the rows. */
  readonly servedFrom: (reader: Reader) => readonly string[];
  readonly heldIn: readonly string[];
};

/** A judgement as a finding with its readers, and whose consent it needs. */
export function breakOf(judgement: Judgement, context: BreakContext): Break {
  const { rule, address } = judgement;
  return {
    finding: findingOf(judgement, context),
    rule,
    address,
    before: context.before,
    after: context.after,
    needs: needsOf(judgement, context),
  };
}

/** The producer's zone, and the team of every reader that breaks; its own team has said it by the change. */
function needsOf({ address, readers, severity, rule }: Judgement, context: BreakContext): readonly string[] {
  if (severity === 'warning' || !blocks(rule, context)) return [];
  const [zone = ''] = address.split('/');
  const teams = new Set(readers.map(({ party }) => party));
  teams.delete(partyAt(address));
  return [zone, ...[...teams].sort(byCodePoint)];
}

/** Who may see a column is no smaller matter outside of production: its values may be real. */
function blocks(rule: string, { isProduction }: BreakContext): boolean {
  return isProduction || rule === 'classification-lowered';
}

function findingOf(judgement: Judgement, context: BreakContext): Finding {
  const { base, head } = context.proposal;
  const { rule, address, headAddress, headPath = [], what, readers, changes } = judgement;
  const why = [...new Set(changes.map((change) => table[change].why))];
  const who = readers.length === 0 ? [] : [`${readersText(judgement, context)}.`];
  const made = finding({
    rule,
    severity: judgement.severity === 'error' && blocks(rule, context) ? 'error' : 'warning',
    address,
    message: [what, ...why, ...who].join(' '),
    help: '',
    at: head.placeOf(headAddress, ...headPath) ?? head.placeOf(headAddress) ?? base?.placeOf(address) ?? null,
    related: readers.slice(0, mostNamed).flatMap((reader) =>
      reader.references.slice(0, 1).map(({ from }) => ({
        message: `${reader.kind} '${reader.address}' reads it`,
        at: head.placeOf(reader.address, ...(reader.kind === 'group' ? ['read', from] : [])),
      })),
    ),
    owner: declaredOwner(head.lookup, address),
  });
  return {
    ...made,
    help: [judgement.instead, ...wayText(judgement, context)].join(' '),
  };
}

function readersText({ readers, columns, severity }: Judgement, { proposal, facts, servedFrom }: BreakContext): string {
  const named = readers.slice(0, mostNamed).map((reader) => {
    const owner = declaredOwner(proposal.head.lookup, reader.address);
    const engines = servedFrom(reader).map((engine) => titleOf(facts, engine));
    const used = usedColumns(reader, columns);
    return [
      `${reader.kind} '${reader.address}' (`,
      [
        ...(owner === null ? [] : [owner]),
        ...(engines.length === 0 ? [] : [`served from ${engines.join(', ')}`]),
        ...(used.length === 0
          ? []
          : [`uses ${used.length > 8 ? `${used.length} columns` : used.map((c) => `'${c}'`).join(', ')}`]),
      ].join('; '),
      ')',
    ].join('');
  });
  const more = readers.length > mostNamed ? ` and ${readers.length - mostNamed} more` : '';
  return `${severity === 'warning' ? 'It is read by' : 'It breaks'} ${named.join(', ')}${more}`;
}

/** What carrying it out takes, on engines where that is more than a moment. */
function wayText({ changes }: Judgement, { heldIn, facts }: BreakContext): readonly string[] {
  const ways = heldIn.flatMap((engine) => {
    const costs = [...new Set(changes.flatMap((change) => costOf[wayOn(engine, change)] ?? []))];
    return costs.length === 0 ? [] : [`${costs.join(' and ')} on ${titleOf(facts, engine)}`];
  });
  return ways.length === 0 ? [] : [`Carrying it out takes ${ways.join(', ')}.`];
}

const costOf: Readonly<Partial<Record<Way, string>>> = {
  rewrite: 'a rewrite',
  'new column': 'a new column',
  'new table': 'a new table',
};

function titleOf(facts: Facts, engine: string): string {
  return own(facts, engine)?.title ?? engine;
}
