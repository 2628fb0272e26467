import type { Repository } from './repository.ts';
import { git } from './run.ts';

/** Who last changed a line. `at`: when, as ISO 8601 in UTC. */
export type Blame = { readonly commit: string; readonly author: string; readonly at: string };

/** Null where the file has no such line, or its history was not fetched. */
export async function blameOf(
  repository: Repository,
  commit: string,
  file: string,
  line: number,
): Promise<Blame | null> {
  const range = `${line},${line}`;
  const { status, out } = await git(['blame', '--porcelain', '-L', range, commit, '--', file], {
    at: repository.workshop,
    answers: [1, 128],
  });
  if (status !== 0) return null;
  const lines = out.toString('utf8').split('\n');
  const [id = ''] = (lines[0] ?? '').split(' ');
  const said = (name: string) => lines.find((one) => one.startsWith(`${name} `))?.slice(name.length + 1) ?? null;
  const seconds = Number(said('author-time') ?? 'NaN');
  const author = said('author');
  const isCut = lines.includes('boundary') && repository.shallow.has(id);
  if (author === null || !Number.isFinite(seconds) || Math.abs(seconds) > 8.64e12 || isCut) return null;
  return { commit: id, author, at: new Date(seconds * 1000).toISOString() };
}
