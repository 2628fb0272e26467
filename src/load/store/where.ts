import { homedir } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';

/**
 * Where what is made of the model in a directory is kept from run to run: `FREEHOLD_CACHE`, else where the machine keeps
 * such things. Null, nowhere, where the model could bring its own: a directory within the model's, or around it.
 */
export function cacheDirectory(root: string, environment: Environment): string | null {
  const { FREEHOLD_CACHE: said, XDG_CACHE_HOME: shared } = environment;
  if (said === '' || said === 'off') return null;
  const directory = resolve(said ?? join(shared || join(homedir(), '.cache'), 'freehold'));
  return isWithin(directory, resolve(root)) ? null : directory;
}

type Environment = Readonly<Record<string, string | undefined>>;

function isWithin(path: string, around: string): boolean {
  const way = relative(around, path);
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || resolve(way) === way);
}
