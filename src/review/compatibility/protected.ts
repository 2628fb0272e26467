import { byCodePoint } from '../../base/digest.ts';
import { columnAddress, memberAddress } from '../../model/address.ts';
import { highestLevel, labelsOf, own } from '../../model/effective.ts';
import type { Lookup } from '../../model/lookup.ts';
import type { Datastore, Mesh, Regulator } from '../../model/model.ts';
import { partyAt } from '../../model/party.ts';
import { noClearance, openedTo } from './levels.ts';

/** One word of the mesh that protects less, and what is there that it protected. */
export type Lowered = {
  /** Part of a sentence. */
  readonly what: string;
  /** Of the word, in the mesh. */
  readonly path: readonly string[];
  /** Whose things are protected less. */
  readonly parties: readonly string[];
  /** Some of them, by address. */
  readonly examples: readonly string[];
};

export type Sides = { readonly base: Lookup; readonly head: Lookup; readonly before: Mesh; readonly after: Mesh };

/** How many parties a sentence names; all of them are asked. */
const mostNamed = 12;

/** Columns of base that more people may see, by the levels of the mesh or by what it takes off with a mask. */
export function loweredColumns({ base, head, before, after }: Sides): readonly Lowered[] {
  const opened = (level: string | undefined): readonly string[] => {
    const standing = (mesh: Mesh) => ({ mesh, level: level ?? highestLevel(mesh) });
    return openedTo(standing(before), standing(after));
  };
  const byLevel = remembered(opened);
  const masks = Object.entries(before.classification?.labels ?? {}).flatMap(([label, { dischargedBy = [] }]) => {
    const now = own(after.classification?.labels ?? {}, label)?.dischargedBy ?? [];
    const more = now.filter((mask) => !dischargedBy.includes(mask));
    return more.length === 0 ? [] : [{ label, more }];
  });
  const levels = [undefined, ...(before.classification?.levels ?? [])];
  if (masks.length === 0 && levels.every((level) => byLevel(level).length === 0)) return [];
  const found = new Map<string, Found>();
  for (const datastore of remaining(base, head))
    for (const [name, { columns }] of Object.entries(datastore.datasets))
      for (const [column, noun] of Object.entries(columns)) {
        const address = () => columnAddress(datastore.address, name, column);
        const level = noun.level ?? datastore.classification;
        if (byLevel(level).length > 0)
          note(found, levelWords(level, byLevel(level)), ['classification', 'levels'], datastore, address);
        for (const { label, more } of masks)
          if (labelsOf(noun).includes(label))
            note(found, maskWords(label, more), ['classification', 'labels', label], datastore, address);
      }
  return [...found.values()].map(({ path, what, zones }) => loweredIn(what, path, 'zone', 'column', zones));
}

/** Groups that name a regulator, in base and still in head. */
export function loweredGroups(
  { base, head }: Sides,
  eased: readonly { readonly name: string; readonly attribute: keyof Regulator; readonly words: string }[],
): readonly Lowered[] {
  if (eased.length === 0) return [];
  const groups = base.addresses('workspace').flatMap((address) => {
    const [was, is] = [base.object('workspace', address), head.object('workspace', address)];
    return Object.entries(was?.groups ?? {}).flatMap(([name, { regulator }]) =>
      regulator !== undefined && own(is?.groups ?? {}, name)?.regulator === regulator
        ? [{ regulator, address: memberAddress(address, name) }]
        : [],
    );
  });
  return eased.flatMap(({ name, attribute, words }) => {
    const teams = new Map<string, Members>();
    for (const { regulator, address } of groups) if (regulator === name) add(teams, partyAt(address), () => address);
    const what = `regulator '${name}' ${words}`;
    return teams.size === 0 ? [] : [loweredIn(what, ['regulators', name, attribute], 'team', 'group', teams)];
  });
}

function* remaining(base: Lookup, head: Lookup): Iterable<Datastore> {
  for (const address of base.addresses('datastore')) {
    const datastore = base.object('datastore', address);
    if (datastore !== null && head.object('datastore', address) !== null) yield datastore;
  }
}

type Members = { readonly count: number; readonly example: string };
type Found = { readonly what: string; readonly path: readonly string[]; readonly zones: Map<string, Members> };

function note(
  found: Map<string, Found>,
  what: string,
  path: readonly string[],
  datastore: Datastore,
  address: () => string,
): void {
  const one = found.get(what) ?? { what, path, zones: new Map<string, Members>() };
  found.set(what, one);
  add(one.zones, datastore.address.split('/')[0] ?? '', address);
}

function add(parties: Map<string, Members>, party: string, address: () => string): void {
  const known = parties.get(party);
  parties.set(party, { count: (known?.count ?? 0) + 1, example: known?.example ?? address() });
}

function levelWords(level: string | undefined, clearances: readonly string[]): string {
  const who = clearances.map((one) => (one === noClearance ? 'without clearance' : `with clearance '${one}'`));
  return `what ${level === undefined ? 'says no level' : `is of level '${level}'`} may be read ${who.join(' and ')}`;
}

function maskWords(label: string, masks: readonly string[]): string {
  return `label '${label}' goes behind ${masks.map((mask) => `'${mask}'`).join(' and ')} as well`;
}

function loweredIn(
  what: string,
  path: readonly string[],
  kind: 'zone' | 'team',
  member: 'column' | 'group',
  parties: ReadonlyMap<string, Members>,
): Lowered {
  const all = [...parties].sort(([a], [b]) => byCodePoint(a, b));
  const named = all.slice(0, mostNamed);
  const rest = all.length - named.length;
  const list = named.map(
    ([party, { count, example }]) =>
      `${count} ${member}${count === 1 ? '' : 's'} of ${kind} '${party}', ${count === 1 ? '' : 'such as '}'${example}'`,
  );
  return {
    what: `${what} (${[...list, ...(rest > 0 ? [`and of ${rest} more ${kind}s`] : [])].join('; ')})`,
    path,
    parties: all.map(([party]) => party),
    examples: named.map(([, { example }]) => example),
  };
}

function remembered<T>(of: (level: string | undefined) => T): (level: string | undefined) => T {
  const known = new Map<string | undefined, T>();
  return (level) => {
    const found = known.get(level);
    if (found !== undefined) return found;
    const made = of(level);
    known.set(level, made);
    return made;
  };
}
