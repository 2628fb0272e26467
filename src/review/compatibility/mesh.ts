/**
 * What the mesh says for everybody, when it says less: levels, labels and regulators protect what others own, so that the
 * word of the mesh's owner alone is not enough to take the protection away. Walks the whole model, and only where one of
 * these words protects less than it did.
 */
import { byCodePoint } from '../../base/digest.ts';
import { must } from '../../base/must.ts';
import { covers, parseLocation } from '../../check/locations.ts';
import type { Finding } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';
import { meshAddress } from '../../model/address.ts';
import { parseDurationMs } from '../../model/duration.ts';
import { own } from '../../model/effective.ts';
import type { Mesh, Regulator } from '../../model/model.ts';
import { digestObject } from '../../model/object.ts';
import { ownerLabel } from '../../model/owner.ts';
import type { Break } from '../break.ts';
import type { ObjectChange, Proposal, Side } from '../proposal.ts';
import { type Lowered, loweredColumns, loweredGroups, type Sides } from './protected.ts';

/** What breaks by a change of the mesh, and by what only warns. */
export function meshBreaks(
  { head }: Proposal,
  base: Side,
  change: ObjectChange,
  before: Mesh,
  after: Mesh,
): readonly Break[] {
  const sides: Sides = { base: base.lookup, head: head.lookup, before, after };
  const asked = [...loweredColumns(sides), ...loweredGroups(sides, eased(before, after, isWider))];
  const told = [
    ...loweredGroups(sides, eased(before, after, keepsLess)).map((one) => ({ ...one, parties: [] })),
    ...recoveryEased(before, after),
  ];
  return [...breakOf(asked, 'error', change, head, after), ...breakOf(told, 'warning', change, head, after)];
}

/** One finding for all of it, so that a consent is to all that it says. */
function breakOf(
  lowered: readonly Lowered[],
  severity: Finding['severity'],
  { before, after }: ObjectChange,
  head: Side,
  mesh: Mesh,
): readonly Break[] {
  const [first] = lowered;
  if (first === undefined) return [];
  const made = finding({
    rule: 'protection-lowered',
    severity,
    address: meshAddress,
    message: `the mesh protects less than it did: ${lowered.map(({ what }) => what).join('; ')}.`,
    help:
      severity === 'error'
        ? 'Leave what is there as it is, and add a level, a label or a regulator beside it, which those who want it may take.'
        : 'Tell those whom it concerns.',
    at: head.placeOf(meshAddress, ...first.path),
    related: lowered.flatMap(({ examples }) =>
      examples.map((address) => ({ message: `'${address}'`, at: head.placeOf(address) })),
    ),
    owner: ownerLabel(mesh.owner),
  });
  const needs = [...new Set(lowered.flatMap(({ parties }) => parties))].sort(byCodePoint);
  const digests = {
    before: digestObject(must(before, 'mesh of base')),
    after: digestObject(must(after, 'mesh of head')),
  };
  return [{ finding: made, rule: made.rule, address: meshAddress, ...digests, needs }];
}

type Easing = { readonly name: string; readonly attribute: keyof Regulator; readonly words: string };

/** Regulators of both that demand less: what a regulator that is gone demanded, its groups no longer ask for. */
function eased(before: Mesh, after: Mesh, of: (was: Regulator, is: Regulator) => Omit<Easing, 'name'> | null) {
  return Object.entries(before.regulators ?? {}).flatMap(([name, was]): readonly Easing[] => {
    const is = own(after.regulators ?? {}, name);
    const found = is === undefined ? null : of(was, is);
    return found === null ? [] : [{ name, ...found }];
  });
}

function isWider({ within: was }: Regulator, { within: is }: Regulator): Omit<Easing, 'name'> | null {
  if (was === undefined || was === is) return null;
  const [old, now] = [parseLocation(was), is === undefined ? null : parseLocation(is)];
  if (old === null || (now !== null && covers(old, now))) return null;
  const words =
    is === undefined
      ? `no longer wants rows within '${was}'`
      : `wants rows within '${is}', and no longer within '${was}'`;
  return { attribute: 'within', words };
}

function keepsLess(
  { minimumRetention: was }: Regulator,
  { minimumRetention: is }: Regulator,
): Omit<Easing, 'name'> | null {
  const [old, now] = [was, is].map((text) => (text === undefined ? 0 : parseDurationMs(text)));
  if (typeof old !== 'number' || typeof now !== 'number' || now >= old) return null;
  return { attribute: 'minimumRetention', words: `demands a retention of ${is ?? 'nothing'} and no longer of ${was}` };
}

/** A warning: a party whose owner is gone could not consent, and every finding about a party tells of a recovery that is announced. */
function recoveryEased({ recovery: was, zones, environments }: Mesh, { recovery: is }: Mesh): readonly Lowered[] {
  if (is === undefined) return [];
  const isSlower =
    (parseDurationMs(is.waiting) ?? 0) >= (parseDurationMs(was?.waiting ?? '') ?? Number.POSITIVE_INFINITY);
  if (was !== undefined && is.signatures >= was.signatures && isSlower) return [];
  const terms = ({ signatures, waiting }: NonNullable<Mesh['recovery']>) =>
    `${signatures} ${signatures === 1 ? 'signature' : 'signatures'} and a waiting time of ${waiting}`;
  const instead = was === undefined ? 'which it was not before' : `and no longer ${terms(was)}`;
  const counts = [
    ...counted(Object.keys(zones).length, 'zone'),
    ...counted(Object.keys(environments).length, 'environment'),
  ].join(', ');
  return [
    {
      what: `a party whose owner is gone may be taken over with ${terms(is)}, ${instead} (${counts})`,
      path: ['recovery'],
      parties: [],
      examples: [],
    },
  ];
}

function counted(count: number, what: string): readonly string[] {
  return count === 0 ? [] : [`${count} ${what}${count === 1 ? '' : 's'}`];
}
