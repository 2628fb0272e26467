import { environmentAddress } from '../../model/address.ts';
import { own, purposeOf } from '../../model/effective.ts';
import type { Mesh, Regulator } from '../../model/model.ts';
import { containerWords, type StorageEntry, storagesOf } from '../containers.ts';
import { type ReadingGroup, readingGroupsOf } from '../groups.ts';
import { covers, declaredLocations, type Location, parseLocation } from '../locations.ts';
import { wordsOfMesh } from '../mesh.ts';
import type { Ask, Report, Rule } from '../rule.ts';
import { meshSpot, spotOf, within } from '../spots.ts';

/** Every copy of a regulated group's rows rests in its regulator's region: in any store, and any replica that may serve it. */
export const outsideRegion: Rule = {
  name: 'outside-region',
  judges: {
    *workspace(workspace, ask) {
      if (!Object.values(workspace.groups).some(({ regulator }) => regulator !== undefined)) return;
      const mesh = wordsOfMesh(ask);
      for (const entry of readingGroupsOf(workspace, ask)) {
        const name = entry.group.regulator;
        const regulator = name === undefined ? undefined : own(mesh.regulators ?? {}, name);
        if (name === undefined || regulator === undefined) continue;
        for (const each of outsideOf(mesh, regulator, ask))
          if (isCandidate(each.container, entry, ask)) yield reportOf(each, entry, name, regulator);
      }
    },
  },
};

/** `at` null: nobody says where it is. */
type Outside = { readonly container: StorageEntry; readonly at: string | null };

function outsideOf(mesh: Pick<Mesh, 'vendors'>, regulator: Regulator, ask: Ask): readonly Outside[] {
  const region = regulator.within === undefined ? null : parseLocation(regulator.within);
  if (region === null) return [];
  const declared = declaredLocations(mesh);
  // What no vendor has is found by unknown-location.
  const isKnown = (location: Location) => declared.some((place) => covers(place, location));
  return storagesOf(ask).flatMap((container): Outside[] => {
    const { at } = container.container;
    if (at === undefined) return [{ container, at: null }];
    const location = parseLocation(at);
    return location === null || !isKnown(location) || covers(region, location) ? [] : [{ container, at }];
  });
}

/** Could rows that the group reads come to rest there? Only where the environment binds one of its sources. */
function isCandidate(container: StorageEntry, { group, reads }: ReadingGroup, ask: Ask): boolean {
  if (container.role === 'replica' && !container.serves.includes(purposeOf(group))) return false;
  const environment = environmentAddress(container.environment);
  return [...new Set(reads.map(({ dataset }) => dataset.datastore.source))].some(
    (source) => source !== undefined && ask.part('connection', environment, source) !== null,
  );
}

function reportOf({ container, at }: Outside, group: ReadingGroup, name: string, regulator: Regulator): Report {
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
    at: spotOf(group.address, 'regulator'),
    related: [
      { message: words, at: at === null ? container.spot : within(container.spot, 'at') },
      { message: 'the demand', at: meshSpot('regulators', name, 'within') },
    ],
  };
}
