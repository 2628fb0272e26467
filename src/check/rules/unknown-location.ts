import { didYouMean } from '../../findings/near-name.ts';
import type { Mesh } from '../../model/model.ts';
import { containersOf, containerWords } from '../containers.ts';
import { covers, declaredLocations, locationText, parseLocation } from '../locations.ts';
import { wordsOfMesh } from '../mesh.ts';
import type { Rule } from '../rule.ts';
import { meshSpot, within } from '../spots.ts';
import { quoted } from '../words.ts';

/** Containers stand where the mesh's vendors are, and regions hold at least one such place. */
export const unknownLocation: Rule = {
  name: 'unknown-location',
  judges: {
    *mesh(mesh) {
      const declared = declaredLocations(mesh);
      for (const [name, regulator] of Object.entries(mesh.regulators ?? {})) {
        if (regulator.within === undefined) continue;
        const region = parseLocation(regulator.within);
        if (region !== null && declared.some((place) => covers(region, place) || covers(place, region))) continue;
        yield {
          message: `regulator '${name}' wants rows within '${regulator.within}', which ${
            region === null ? 'is no region (vendor:path, or *:path)' : `holds no location of mesh '${mesh.name}'`
          }, so no row can rest there.`,
          help: helpWith(mesh, regulator.within),
          at: meshSpot('regulators', name, 'within'),
        };
      }
    },
    *environment(environment, ask) {
      const mesh = wordsOfMesh(ask);
      const declared = declaredLocations(mesh);
      for (const entry of containersOf(environment)) {
        const { at } = entry.container;
        if (at === undefined) continue;
        const location = parseLocation(at);
        if (location !== null && declared.some((place) => covers(place, location))) continue;
        yield {
          message: `${containerWords(entry)} is at '${at}', which ${
            location === null ? 'is no location (vendor:path)' : `no vendor of mesh '${mesh.name}' has`
          }, so nobody can tell in which region its rows rest.`,
          help: helpWith(mesh, at),
          at: within(entry.spot, 'at'),
        };
      }
    },
  },
};

function helpWith(mesh: Pick<Mesh, 'name' | 'vendors'>, wrong: string): string {
  const known = declaredLocations(mesh).map(locationText);
  const use = known.length === 0 ? `Mesh '${mesh.name}' declares none` : `Use one of ${quoted(known)}`;
  return `${use}, or ask the owner of the mesh to add it to  vendors.${didYouMean(wrong, known)}`;
}
