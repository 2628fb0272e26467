import { didYouMean } from '../../findings/near-name.ts';
import { covers, declaredLocations, locationText, parseLocation } from '../locations.ts';
import type { WholeRule } from '../rule.ts';
import { containerWords, meshSpot, within } from '../subject.ts';
import { quoted } from '../words.ts';

/** Containers stand where the mesh's vendors are, and regions hold at least one such place. */
export const unknownLocation: WholeRule = {
  name: 'unknown-location',
  *find({ model: { mesh }, containers }) {
    const declared = declaredLocations(mesh);
    const known = declared.map(locationText);
    const use = known.length === 0 ? `Mesh '${mesh.name}' declares none` : `Use one of ${quoted(known)}`;
    const help = (wrong: string) =>
      `${use}, or ask the owner of the mesh to add it to  vendors.${didYouMean(wrong, known)}`;
    for (const entry of containers) {
      const { at } = entry.container;
      if (at === undefined) continue;
      const location = parseLocation(at);
      if (location !== null && declared.some((place) => covers(place, location))) continue;
      yield {
        message: `${containerWords(entry)} is at '${at}', which ${
          location === null ? 'is no location (vendor:path)' : `no vendor of mesh '${mesh.name}' has`
        }, so nobody can tell in which region its rows rest.`,
        help: help(at),
        at: within(entry.spot, 'at'),
      };
    }
    for (const [name, regulator] of Object.entries(mesh.regulators ?? {})) {
      if (regulator.within === undefined) continue;
      const region = parseLocation(regulator.within);
      if (region !== null && declared.some((place) => covers(region, place) || covers(place, region))) continue;
      yield {
        message: `regulator '${name}' wants rows within '${regulator.within}', which ${
          region === null ? 'is no region (vendor:path, or *:path)' : `holds no location of mesh '${mesh.name}'`
        }, so no row can rest there.`,
        help: help(regulator.within),
        at: meshSpot('regulators', name, 'within'),
      };
    }
  },
};
