/**
 * Whose is a finding of head? It blocks the change that causes it: one that base does not have at the same time, or that is
 * about something the change touched. What was wrong before, elsewhere, is inherited: printed, and in nobody's way.
 */
import type { Finding } from '../findings/finding.ts';
import { attributeChanges } from './difference.ts';
import type { ObjectChange, Proposal, Side } from './proposal.ts';
import type { AttributeChange } from './verdict.ts';

export type Causes = { readonly caused: readonly Finding[]; readonly inherited: readonly Finding[] };

export function causedBy({ base, head, changes }: Proposal): Causes {
  const before = columnsByDigest(base?.findings ?? []);
  const touched = touchedBy(changes);
  const [caused, inherited]: [Finding[], Finding[]] = [[], []];
  const blocksEarly = newUnderPolicies(changes);
  for (const one of head.findings) {
    const known = before.get(one.digest);
    // One finding of a dataset is of all its columns that break the rule: another of them is another matter.
    const added = known === undefined ? [] : (one.columns ?? []).filter((column) => !known.has(column));
    const isNew = known === undefined || added.length > 0;
    if (!isNew && !touched(one)) inherited.push(one);
    else caused.push(withColumns(isNew && blocksEarly(one) ? { ...one, severity: 'error' } : one, added, head));
  }
  return { caused, inherited };
}

function columnsByDigest(findings: readonly Finding[]): ReadonlyMap<string, ReadonlySet<string>> {
  const columns = new Map<string, Set<string>>();
  for (const one of findings) {
    const known = columns.get(one.digest) ?? new Set();
    columns.set(one.digest, known);
    for (const column of one.columns ?? []) known.add(column);
  }
  return columns;
}

/** It stands where the change adds to it, not where it stood before. */
function withColumns(found: Finding, added: readonly string[], { placeOf }: Side): Finding {
  const [first] = added;
  if (first === undefined) return found;
  const related = added.map((column) => ({ message: `this change adds '${column}' to it`, at: placeOf(column) }));
  return { ...found, at: placeOf(first) ?? found.at, related: [...found.related, ...related] };
}

/**
 * A policy that holds from a day on warns until then of what breaks it already. What a change adds to that blocks at once,
 * unless it is the change that brings or alters the policy: that finds what is there.
 */
function newUnderPolicies(changes: readonly ObjectChange[]): (finding: Finding) => boolean {
  const policies = changes
    .filter(({ kind }) => kind === 'zone')
    .flatMap((change) => attributeChanges(change))
    .filter(({ path }) => path.length === 0 || path[0] === 'policies');
  return ({ inheritedUntil, message }) =>
    inheritedUntil !== undefined &&
    !policies.some(({ address, path: [, name] }) =>
      message.includes(name === undefined ? `of zone '${address}'` : `policy '${name}' of zone '${address}'`),
    );
}

function touchedBy(changes: readonly ObjectChange[]): (finding: Finding) => boolean {
  const byObject = new Map<string, AttributeChange[]>();
  for (const change of changes) {
    const known = byObject.get(change.address);
    if (known === undefined) byObject.set(change.address, [...attributeChanges(change)]);
    else known.push(...attributeChanges(change));
  }
  return (finding) => {
    const { address } = finding;
    // About a file, not an object: what base has as well keeps no object from being known, or base would not be one to judge by.
    if (address === null) return false;
    const object = objectOf(address);
    const own = byObject.get(object) ?? [];
    if (isShared(object)) return own.some((one) => one.address === address && isNamed(finding, one));
    const team = byObject.get(object.split('/')[0] ?? '') ?? [];
    if (object === address && address.split('/').length === 2) return team.some((one) => one.address === address);
    return own.some((one) => isAround(one.address, address) || isAround(address, one.address));
  };
}

/** The mesh and zones speak of what is everybody's. */
function isShared(object: string): boolean {
  return !object.includes('/') && !object.includes(':');
}

/**
 * Is a finding about the mesh or a zone about this attribute? It names what it is about in quotes, and touching one zone of
 * a mesh, or one policy of a zone, makes nobody answer for another.
 */
function isNamed({ message }: Finding, { path }: AttributeChange): boolean {
  return path.length === 0 || path.some((part) => message.includes(`'${part}'`));
}

/** The object that an address is of or in. */
function objectOf(address: string): string {
  return address.split(/[.#]/)[0] ?? address;
}

/** Is the one address the other, or of something around it? */
function isAround(around: string, address: string): boolean {
  return address === around || ['.', '#'].some((mark) => address.startsWith(`${around}${mark}`));
}
