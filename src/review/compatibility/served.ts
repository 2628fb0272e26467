import { byCodePoint } from '../../base/digest.ts';
import { parseMemberAddress } from '../../model/address.ts';
import { own, purposeOf } from '../../model/effective.ts';
import type { Lookup } from '../../model/lookup.ts';
import type { Datastore, Environment } from '../../model/model.ts';
import type { Reader } from './readers.ts';

/** Engines that a reader may be served from, over all environments that run the datastore; by name. */
export function servedFrom(lookup: Lookup, datastore: Datastore, reader: Reader): readonly string[] {
  return distinct(environmentsOf(lookup, datastore).flatMap((environment) => enginesFor(lookup, environment, reader)));
}

/** Engines that hold rows of the datastore, or may: stores and replicas of the environments that run it. */
export function heldIn(lookup: Lookup, datastore: Datastore): readonly string[] {
  return distinct(
    environmentsOf(lookup, datastore).flatMap(({ stores, replicas = {} }) =>
      [...Object.values(stores), ...Object.values(replicas).flatMap(({ on }) => on)].map(({ engine }) => engine),
    ),
  );
}

function environmentsOf(lookup: Lookup, { source }: Datastore): readonly Environment[] {
  return lookup.addresses('environment').flatMap((address) => {
    const environment = lookup.object('environment', address);
    // What a transformer makes runs wherever its stores are.
    const isRun = environment !== null && (source === undefined || Object.hasOwn(environment.connections, source));
    return isRun ? [environment] : [];
  });
}

function enginesFor(lookup: Lookup, { stores, replicas = {} }: Environment, reader: Reader): readonly string[] {
  const purpose = reader.kind === 'group' ? purposeAt(lookup, reader.address) : null;
  const serving = Object.values(replicas).filter(({ serves }) => purpose !== null && serves.includes(purpose));
  const containers = serving.length > 0 ? serving.flatMap(({ on }) => on) : Object.values(stores);
  return containers.map(({ engine }) => engine);
}

function purposeAt(lookup: Lookup, address: string) {
  const member = parseMemberAddress(address);
  const workspace = member === null ? null : lookup.object('workspace', member.object);
  const group = workspace === null || member === null ? undefined : own(workspace.groups, member.member);
  return group === undefined ? null : purposeOf(group);
}

function distinct(engines: readonly string[]): readonly string[] {
  return [...new Set(engines)].sort(byCodePoint);
}
