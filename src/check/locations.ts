import type { Mesh } from '../model/model.ts';

/** `own:eu/berlin` in parts; a region may have the vendor `*`. Null where the text is neither. */
export type Location = { readonly vendor: string; readonly path: readonly string[] };

export function parseLocation(text: string): Location | null {
  const colon = text.indexOf(':');
  if (colon <= 0) return null;
  const path = text.slice(colon + 1).split('/');
  return path.every((part) => part.length > 0) ? { vendor: text.slice(0, colon), path } : null;
}

/** Does it lie in the region? A path covers its children: `*:eu` covers `own:eu/berlin`, and not `own:europe`. */
export function covers(region: Location, location: Location): boolean {
  return (
    (region.vendor === '*' || region.vendor === location.vendor) &&
    region.path.every((part, i) => part === location.path[i])
  );
}

/** What the mesh's vendors offer. */
export function declaredLocations(mesh: Pick<Mesh, 'vendors'>): readonly Location[] {
  return Object.entries(mesh.vendors ?? {}).flatMap(([vendor, paths]) =>
    paths.map((path) => ({ vendor, path: path.split('/') })),
  );
}

export function locationText({ vendor, path }: Location): string {
  return `${vendor}:${path.join('/')}`;
}
