import type { Classified } from '../../model/effective.ts';
import { type Columns, rowsOf } from '../graph/carried.ts';
import { pathTo } from '../graph/path.ts';
import type { Site } from '../graph/sites.ts';
import type { Ask, Report, Spot } from '../rule.ts';
import { quoted } from '../words.ts';
import { classesOf, columnAbout } from './rows.ts';
import { predicateText } from './text.ts';
import type { ZonePolicy } from './zone-policies.ts';

/** Rows that break a policy. */
export type Breach = {
  readonly policy: ZonePolicy;
  /** The dataset that they are of, and the columns of it that are there. */
  readonly dataset: string;
  readonly columns: () => Columns;
  /** `may rest in`, `are read by group '...'`: what happens to the rows. */
  readonly happens: string;
  readonly site: Site | null;
  /** The last hop, where it is no place. */
  readonly end: string | null;
  /** Null: at the column. */
  readonly at: Spot | null;
  readonly help: string;
};

export function reportOf(ask: Ask, mesh: Classified, breach: Breach): Report {
  const { policy, dataset, happens, site, end } = breach;
  const columns = breach.columns();
  const { zone, compiled } = policy;
  const about = columnAbout(mesh, columns, zone, compiled.classes);
  const part = rowsOf(columns).get(zone);
  const classes = part === undefined ? [] : [...new Set(classesOf(mesh, part, compiled.classes))];
  const isLookedFor = (carried: NonNullable<typeof part>) =>
    classes.length === 0 || classesOf(mesh, carried, classes).length > 0;
  const path = about === null ? [dataset] : pathTo(ask, dataset, about, zone, isLookedFor);
  const place = site === null ? '' : ` ${site.words}${standsAt(site)}`;
  const hops = [...path, ...(site === null ? [] : [`${site.words}${standsIn(site)}`]), ...(end === null ? [] : [end])];
  const withClasses = classes.length === 0 ? '' : ` with ${quoted(classes)}`;
  // All that is asked for: a change that adds one adds to what is wrong, though the rows broke the policy before.
  const asked = columns.flatMap(([name, carried]) => {
    const its = carried.get(zone);
    return classes.length > 0 && its !== undefined && isLookedFor(its) ? [`${dataset}#${name}`] : [];
  });
  const says = `rows of '${dataset}'${withClasses} ${happens}${place}, and policy '${policy.name}' of zone '${zone}' forbids it.`;
  return {
    ...timing(ask, policy),
    ...(asked.length > 0 ? { columns: asked, matter: JSON.stringify([says, originOf(path), end]) } : {}),
    message: `${says} The way of a row: ${wayText(hops)}.`,
    help: `${demandText(policy)}  ${breach.help}`,
    at: breach.at ?? { address: about === null ? dataset : `${dataset}#${about}`, path: [] },
    related: [
      { message: `policy '${policy.name}'`, at: policySpot(policy) },
      ...(site === null
        ? []
        : [{ message: site.words, at: { ...site.spot, path: [...site.spot.path, ...(site.location ? ['at'] : [])] } }]),
    ],
  };
}

/** The dataset that a way begins at. */
function originOf([first = '']: readonly string[]): string {
  return first.split('#')[0] ?? '';
}

/** Before its day a policy warns. What breaks it already is inherited until then; a review blocks what is new. */
export function timing(ask: Ask, { policy }: ZonePolicy): Pick<Report, 'severity' | 'inheritedUntil'> {
  const { from } = policy;
  return from === undefined || ask.isReached(from) ? {} : { severity: 'warning', inheritedUntil: from };
}

/** What its author wrote, and wrote about it. */
export function demandText({ policy }: ZonePolicy): string {
  const { demands, doc } = policy;
  return `The policy demands  ${predicateText(demands)}.${doc === undefined ? '' : ` (${doc})`}`;
}

export function policySpot({ zone, name }: ZonePolicy): Spot {
  return { address: zone, path: ['policies', name] };
}

/** Of a long way, its beginning and its end. */
function wayText(hops: readonly string[]): string {
  const left = hops.length - 2 * shownHops;
  const shown = left < 2 ? hops : [...hops.slice(0, shownHops), `(${left} more)`, ...hops.slice(-shownHops)];
  return shown.join(' -> ');
}

const shownHops = 10;

function standsAt({ container }: Site): string {
  const { at, engine } = container;
  return at === undefined ? ` (${engine}, which says no location)` : ` (${engine}, at '${at}')`;
}

/** In a path, short: `(aws:us/us-east-1)`. */
function standsIn({ container: { at } }: Site): string {
  return at === undefined ? '' : ` (${at})`;
}
