import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { byCodePoint } from '../base/digest.ts';
import { unreachable } from '../base/must.ts';
import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { consentSuffix } from '../review/consent-file.ts';
import { recoverySuffix } from '../review/recovery-file.ts';
import { defaultLimits } from './limits.ts';

/** A model's files by path below its root, with '/' between parts, sorted. */
export type ModelFiles = {
  /** `*.ts`, `*.yaml`, `*.yml`: each is a root. */
  readonly roots: Readonly<Record<string, string>>;
  /** `*.schema.yaml` and `*.odcs.yaml`: data that objects name. */
  readonly schemas: Readonly<Record<string, string>>;
  /** `*.consent.json`: signed statements. No object names them, and whoever proposes a change may bring them along. */
  readonly signed: Readonly<Record<string, string>>;
  /** `*.recovery.json`: the same of recoveries. */
  readonly recoveries: Readonly<Record<string, string>>;
  readonly findings: readonly Finding[];
};

export type FileKind = 'root' | 'schema' | 'signed' | 'recovery';

/** A path below a model's root, as a directory or a tree of git lists it. */
export type Listed = { readonly path: string; readonly kind: 'file' | 'link' | 'repository' | 'closed' };

/** Texts of files as a model's, by what each is to it. */
export function modelFilesFrom(
  texts: Iterable<readonly [path: string, text: string]>,
  findings: readonly Finding[],
): ModelFiles {
  const of: Record<FileKind, [string, string][]> = { root: [], schema: [], signed: [], recovery: [] };
  for (const [path, text] of texts) of[kindOfFile(path) ?? 'root'].push([path, text]);
  return {
    roots: Object.fromEntries(of.root),
    schemas: Object.fromEntries(of.schema),
    signed: Object.fromEntries(of.signed),
    recoveries: Object.fromEntries(of.recovery),
    findings,
  };
}

/** Why a file that is there cannot be read: the system's word, `EACCES`. */
export type Unreadable = { readonly because: string };

function because(cause: unknown): Unreadable {
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return { because: cause.code };
  throw cause;
}

/** Null where they are more than so many characters can be. What is given is good until the next file is read. */
export function bytesOf(path: string, fileCharacters: number): Uint8Array | Unreadable | null {
  try {
    return readBytes(path, fileCharacters);
  } catch (cause) {
    return because(cause);
  }
}

function readBytes(path: string, fileCharacters: number): Uint8Array | null {
  const file = openSync(path, 'r');
  try {
    // Most are small: to ask for the size takes a quarter of the time.
    const start = readSync(file, desk, 0, desk.length, 0);
    if (start < desk.length) return desk.subarray(0, start);
    const { size } = fstatSync(file);
    if (size > fileCharacters * mostBytes) return null;
    const bytes = Buffer.allocUnsafe(size);
    let read = 0;
    for (let more = -1; more !== 0 && read < size; read += more) more = readSync(file, bytes, read, size - read, read);
    return bytes.subarray(0, read);
  } finally {
    closeSync(file);
  }
}

const desk = Buffer.alloc(64 * 1024);

/** Of UTF-8, for one character as they are counted here. */
const mostBytes = 3;

/** The model's files among these; `read` gives the bytes of one, null where they are too many, or why it cannot be read. */
export async function modelFilesIn(
  all: readonly Listed[],
  read: (path: string) => Promise<Uint8Array | Unreadable | null>,
  fileCharacters: number,
): Promise<ModelFiles> {
  const findings: Finding[] = [];
  const texts: [string, string][] = [];
  for (const path of pathsIn(all, findings)) {
    const text = textIn(path, await read(path), fileCharacters, findings);
    if (text !== null) texts.push([path, text]);
  }
  return modelFilesFrom(texts, findings);
}

/** Paths of the model's files among these, by code point. */
export function pathsIn(all: readonly Listed[], findings: Finding[]): readonly string[] {
  const paths: string[] = [];
  for (const { path, kind } of all) {
    if (isAside(path)) continue;
    if (kind !== 'file') findings.push(refusedFile({ file: path, why: kind }));
    else if (kindOfFile(path) !== null) paths.push(path);
  }
  paths.sort(byCodePoint);
  findings.push(...refusedCollisions(paths));
  return paths;
}

/** How many roots are among these. */
export function rootsIn(all: readonly Listed[]): number {
  return all.filter(({ path }) => isOfModel(path) && kindOfFile(path) === 'root').length;
}

/** A file below a model's root that is not read, and why. */
export type Refused = {
  readonly file: string;
  readonly why: Exclude<Listed['kind'], 'file'> | 'no-text' | 'too-large' | Unreadable;
};

/** `fileCharacters`: how many one may have. */
export function refusedFile({ file, why }: Refused, fileCharacters = defaultLimits.fileCharacters): Finding {
  if (typeof why === 'object') return unreadable(file, `'${file}' cannot be read (${why.because}).`, mayRead);
  switch (why) {
    case 'closed':
      return unreadable(file, `the directory '${file}' cannot be read.`, mayRead);
    case 'repository':
      return unreadable(
        file,
        `'${file}' is a repository of its own, and a model is one repository.`,
        'Move its files here, or remove it.',
      );
    case 'link':
      return unreadable(
        file,
        `'${file}' is a symbolic link, and what it shows may change without the model.`,
        'Put the file itself here.',
      );
    case 'no-text':
      return unreadable(file, `'${file}' is no UTF-8 text, so it cannot be read.`, 'Save it as UTF-8.');
    case 'too-large':
      return unreadable(file, `'${file}' is larger than ${fileCharacters} characters, so it is not read.`, 'Split it.');
    default:
      return unreachable(why);
  }
}

const mayRead = 'See that it is there, and that who checks may read it.';

/** Of all paths of a model. */
export function refusedCollisions(paths: Iterable<string>): Finding[] {
  const all = [...paths];
  if (collisions(all).next().done) return [];
  // Of two the first by code point is no harm.
  return [...collisions(all.sort(byCodePoint))].map(([path, other]) =>
    unreadable(path, `'${path}' and '${other}' are one file on some machines.`, 'Rename one of them.'),
  );
}

function unreadable(file: string, message: string, help: string): Finding {
  return finding({ rule: 'unreadable-file', message, help, at: { file, line: 1, column: 1 } });
}

/** Null where it cannot be read. */
export function textIn(
  path: string,
  bytes: Uint8Array | Unreadable | null,
  fileCharacters: number,
  findings: Finding[],
): string | null {
  const read = readText(bytes, fileCharacters);
  if ('text' in read) return read.text;
  findings.push(refusedFile({ file: path, why: read.why }, fileCharacters));
  return null;
}

/** `bytes` null: there are more than so many characters can be. */
export function readText(
  bytes: Uint8Array | Unreadable | null,
  fileCharacters: number,
): { readonly text: string } | { readonly why: Refused['why'] } {
  if (bytes === null) return { why: 'too-large' };
  if ('because' in bytes) return { why: bytes };
  const text = textOf(bytes);
  if (text === null) return { why: 'no-text' };
  return text.length > fileCharacters ? { why: 'too-large' } : { text };
}

/** Folders that are no part of a model are not entered. */
export async function listed(root: string, below: string): Promise<Listed[]> {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  if (below !== '' && entries.some((entry) => entry.name === '.git')) return [{ path: below, kind: 'repository' }];
  const found: Listed[] = [];
  for (const entry of entries) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    if (entry.isSymbolicLink()) found.push({ path, kind: 'link' });
    else if (entry.isDirectory())
      found.push(...(await listed(root, path).catch((cause: unknown): Listed[] => closed(path, cause))));
    else if (entry.isFile()) found.push({ path, kind: 'file' });
  }
  return found;
}

function closed(path: string, cause: unknown): Listed[] {
  because(cause);
  return [{ path, kind: 'closed' }];
}

/** Is a path below a model's root one that is read? */
export function isOfModel(path: string): boolean {
  return !isAside(path) && kindOfFile(path) !== null;
}

/** Dot folders and node_modules are no part of a model. */
export function isAside(path: string): boolean {
  return /(?:^|\/)(?:\.|node_modules(?:\/|$))/.test(path);
}

/** What a file is to a model, by its name; null: no part of it. Tests are read by whoever runs them. */
export function kindOfFile(name: string): FileKind | null {
  if (name.endsWith(consentSuffix)) return 'signed';
  if (name.endsWith(recoverySuffix)) return 'recovery';
  if (/\.(schema|odcs)\.ya?ml$/.test(name)) return name.endsWith('.yaml') ? 'schema' : null;
  if (/\.test\.ya?ml$|\.(test|d)\.ts$/.test(name)) return null;
  return /\.(ts|yaml|yml)$/.test(name) ? 'root' : null;
}

/** Paths that are one file on some machines, each with the first of its kind. */
function* collisions(paths: Iterable<string>): Generator<readonly [path: string, other: string]> {
  const seen = new Map<string, string>();
  for (const path of paths) {
    const folded = path.normalize('NFC').toLowerCase();
    const other = seen.get(folded);
    if (other === undefined) seen.set(folded, path);
    else yield [path, other];
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** Null: it is no UTF-8. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}
