import { own, purposeOf } from '../../model/effective.ts';
import type { Regulator } from '../../model/model.ts';
import { covers, declaredLocations, type Location, parseLocation } from '../locations.ts';
import type { Report, WholeRule } from '../rule.ts';
import { type ContainerEntry, containerWords, type GroupEntry, meshSpot, type Subject, within } from '../subject.ts';

/** Every copy of a regulated group's rows rests in its regulator's region: in any store, and any replica that may serve it. */
export const outsideRegion: WholeRule = {
  name: 'outside-region',
  *find(subject) {
    const known = new Map<string, readonly Outside[]>();
    for (const entry of subject.groups) {
      const name = entry.group.regulator;
      const regulator = name === undefined ? undefined : own(subject.model.mesh.regulators ?? {}, name);
      if (name === undefined || regulator === undefined) continue;
      const outside = known.get(name) ?? outsideOf(subject, regulator);
      known.set(name, outside);
      for (const each of outside) if (isCandidate(each.container, entry)) yield reportOf(each, entry, name, regulator);
    }
  },
};

/** `at` null: nobody says where it is. */
type Outside = { readonly container: ContainerEntry; readonly at: string | null };

function outsideOf({ model, containers }: Subject, regulator: Regulator): readonly Outside[] {
  const region = regulator.within === undefined ? null : parseLocation(regulator.within);
  if (region === null) return [];
  const declared = declaredLocations(model.mesh);
  // What no vendor has is found by unknown-location.
  const isKnown = (location: Location) => declared.some((place) => covers(place, location));
  return containers.flatMap((container): Outside[] => {
    if (container.role !== 'store' && container.role !== 'replica') return [];
    const { at } = container.container;
    if (at === undefined) return [{ container, at: null }];
    const location = parseLocation(at);
    return location === null || !isKnown(location) || covers(region, location) ? [] : [{ container, at }];
  });
}

/** Could rows that the group reads come to rest there? Only where the environment binds one of its sources. */
function isCandidate(container: ContainerEntry, { group, reads }: GroupEntry): boolean {
  if (container.role === 'replica' && !container.serves.includes(purposeOf(group))) return false;
  const { connections } = container.environment;
  return reads.some(({ dataset }) => own(connections, dataset.datastore.source ?? '') !== undefined);
}

function reportOf({ container, at }: Outside, group: GroupEntry, name: string, regulator: Regulator): Report {
  const words = containerWords(container);
  const region = `'${regulator.within}'`;
  return {
    severity: at === null ? 'warning' : 'error',
    message: `rows of group '${group.address}' may rest in ${words}, which ${
      at === null ? 'says no location' : `is at '${at}'`
    }, but regulator '${name}' wants them within ${region}.`,
    help:
      at === null
        ? `Say where it is:  at: 'vendor:path'.`
        : `Move it to a location within ${region}, or serve the group in another environment.`,
    at: at === null ? container.spot : within(container.spot, 'at'),
    related: [
      { message: `group '${group.address}'`, at: { address: group.address, path: ['regulator'] } },
      { message: 'the demand', at: meshSpot('regulators', name, 'within') },
    ],
  };
}
