import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/**
 * The top of the repository that a directory is in, and the way from there to it: empty, or `model/`. Outside of any
 * repository the directory is the top. It need not be there yet.
 */
export function placeInRepository(directory: string): { readonly top: string; readonly prefix: string } {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) {
      const path = relative(at, directory).split(sep).join('/');
      return { top: at, prefix: path === '' ? '' : `${path}/` };
    }
    if (at === dirname(at)) return { top: directory, prefix: '' };
  }
}
