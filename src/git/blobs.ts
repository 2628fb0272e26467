import { GitError } from './error.ts';
import type { Repository } from './repository.ts';
import { git } from './run.ts';

/** Contents by id; null where one is larger than the limit, which is known before it is read. */
export async function blobsOf(
  repository: Repository,
  ids: Iterable<string>,
  limitBytes: number,
): Promise<ReadonlyMap<string, Buffer | null>> {
  const wanted = [...new Set(ids)];
  const contents = new Map<string, Buffer | null>();
  if (wanted.length === 0) return contents;
  const small: string[] = [];
  let total = 0;
  const sizes = await git(['cat-file', '--batch-check=%(objectname) %(objecttype) %(objectsize)'], {
    at: repository.workshop,
    input: `${wanted.join('\n')}\n`,
  });
  for (const line of sizes.out.toString('latin1').split('\n')) {
    if (line === '') continue;
    const [id = '', type = '', size = ''] = line.split(' ');
    if (type !== 'blob') throw notHere(id);
    if (Number(size) > limitBytes) contents.set(id, null);
    else {
      small.push(id);
      total += Number(size);
    }
  }
  if (total > allBytes)
    throw new GitError('input', `The model's files are larger than ${allBytes} bytes together, so they are not read.`);
  if (small.length === 0) return contents;
  const { out } = await git(['cat-file', '--batch'], {
    at: repository.workshop,
    input: `${small.join('\n')}\n`,
    limitBytes: allBytes + small.length * 200,
  });
  let at = 0;
  while (at < out.length) {
    const end = out.indexOf(10, at);
    const [id = '', type = '', size = ''] = out.subarray(at, end).toString('latin1').split(' ');
    if (type !== 'blob') throw notHere(id);
    const start = end + 1;
    contents.set(id, out.subarray(start, start + Number(size)));
    at = start + Number(size) + 1;
  }
  return contents;
}

const allBytes = 1024 * 1024 * 1024;

function notHere(id: string): GitError {
  return new GitError(
    'input',
    `The clone does not hold the file with the id ${id}: it is a partial one. Fetch the whole history, without --filter.`,
  );
}
