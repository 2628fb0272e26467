import { harmless } from '../findings/harmless.ts';
import { GitError } from './error.ts';
import type { Repository } from './repository.ts';
import { git } from './run.ts';

/** What stands in a tree. `link`: a symbolic link; `repository`: a submodule, of which the tree holds a commit's id alone. */
export type TreeEntry = { readonly path: string; readonly kind: 'file' | 'link' | 'repository'; readonly id: string };

/** An entry that differs between two trees; before null: it is new, after null: it is gone. */
export type TreeChange = { readonly path: string; readonly before: TreeEntry | null; readonly after: TreeEntry | null };

/** Every file of a tree, by path. A name that is no UTF-8 has its bytes as escapes, `\xff`. */
export async function filesOf(repository: Repository, tree: string): Promise<ReadonlyMap<string, TreeEntry>> {
  const { out } = await git(['ls-tree', '-r', '-z', '--full-tree', tree], { at: repository.workshop });
  const entries = new Map<string, TreeEntry>();
  for (const record of recordsOf(out)) {
    const entry = entryOf(record);
    put(entries, entry.path, entry);
  }
  return entries;
}

function entryOf(record: Buffer): TreeEntry {
  const tab = record.indexOf(9);
  const [mode = '', , id = ''] = record.subarray(0, tab).toString('latin1').split(' ');
  return { path: nameOf(record.subarray(tab + 1)), kind: kindOf(mode), id };
}

/** The files at these paths, of those that there are. */
export async function filesAt(
  repository: Repository,
  tree: string,
  paths: readonly string[],
): Promise<readonly TreeEntry[]> {
  const entries: TreeEntry[] = [];
  for (let start = 0; start < paths.length; start += pathsAtOnce) {
    const some = paths.slice(start, start + pathsAtOnce);
    const { out } = await git(['ls-tree', '-z', '--full-tree', tree, '--', ...some], { at: repository.workshop });
    for (const record of recordsOf(out)) {
      const entry = entryOf(record);
      if (some.includes(entry.path)) entries.push(entry);
    }
  }
  return entries;
}

/** What all systems take as arguments. */
const pathsAtOnce = 200;

/**
 * What differs, from the trees' ids alone: unchanged folders are not looked into. A name that is a file on one side and
 * a folder on the other is one of each.
 */
export async function changesBetween(
  repository: Repository,
  before: string,
  after: string,
): Promise<readonly TreeChange[]> {
  const words = ['diff-tree', '-r', '-z', '--raw', '--no-renames', '--full-index', '--ignore-submodules=none'];
  const { out } = await git([...words, before, after], { at: repository.workshop });
  const records = [...recordsOf(out)];
  const changes: TreeChange[] = [];
  for (let i = 0; i + 1 < records.length; i += 2) {
    const [modeBefore = '', modeAfter = '', idBefore = '', idAfter = ''] = (records[i] ?? Buffer.alloc(0))
      .toString('latin1')
      .slice(1)
      .split(' ');
    const path = nameOf(records[i + 1] ?? Buffer.alloc(0));
    changes.push({ path, before: side(path, modeBefore, idBefore), after: side(path, modeAfter, idAfter) });
  }
  return changes;
}

/** The files of a tree after these changes: what `filesOf` the other tree gives, without listing it. */
export function changed(
  files: ReadonlyMap<string, TreeEntry>,
  changes: readonly TreeChange[],
): ReadonlyMap<string, TreeEntry> {
  const after = new Map(files);
  for (const change of changes) if (change.after === null) after.delete(change.path);
  for (const change of changes) if (change.after !== null) after.set(change.path, change.after);
  return after;
}

function side(path: string, mode: string, id: string): TreeEntry | null {
  return /^0+$/.test(mode) ? null : { path, kind: kindOf(mode), id };
}

/** Two names could be one once their bytes are written as escapes: that is nobody's accident. */
function put(entries: Map<string, TreeEntry>, path: string, entry: TreeEntry): void {
  if (entries.has(path))
    throw new GitError(
      'input',
      `The tree has two files whose names read '${harmless(path)}', so it is not judged. Rename one.`,
    );
  entries.set(path, entry);
}

function kindOf(mode: string): TreeEntry['kind'] {
  if (mode === '120000') return 'link';
  return mode === '160000' ? 'repository' : 'file';
}

function* recordsOf(out: Buffer): Generator<Buffer> {
  let start = 0;
  for (let end = out.indexOf(0, start); end >= 0; end = out.indexOf(0, start)) {
    yield out.subarray(start, end);
    start = end + 1;
  }
}

function nameOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1').replaceAll(/[\u0080-\u00ff\\]/g, (c) => `\\x${c.charCodeAt(0).toString(16)}`);
  }
}
