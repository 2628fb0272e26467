import { homedir } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';
import { type Cache, cacheIn, noCache } from './cache.ts';

/**
 * The cache of a run on the model in a directory: `FREEHOLD_CACHE`, else where the machine keeps such things. None where
 * the model could bring its own: a directory within the model's, or around it.
 */
export function cacheFor(root: string, environment: Environment): Cache {
  const directory = cacheDirectory(root, environment);
  return directory === null ? noCache : cacheIn(directory);
}

/** Where what is kept of the model in a directory is kept; null: nowhere. */
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
