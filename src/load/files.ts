import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { byCodePoint } from '../base/digest.ts';
import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { consentSuffix } from '../review/consent-file.ts';

/** A model's files by path below its root, with '/' between parts, sorted. */
export type ModelFiles = {
  /** `*.ts`, `*.yaml`, `*.yml`: each is a root. */
  readonly roots: Readonly<Record<string, string>>;
  /** `*.schema.yaml` and `*.odcs.yaml`: data that objects name. */
  readonly schemas: Readonly<Record<string, string>>;
  /** `*.consent.json`: signed statements. No object names them, and whoever proposes a change may bring them along. */
  readonly signed: Readonly<Record<string, string>>;
  readonly findings: readonly Finding[];
};

/** Dot folders, node_modules, tests and declarations are no part of a model. Rejects where the root cannot be read. */
export async function readModelFiles(root: string, fileCharacters: number): Promise<ModelFiles> {
  const findings: Finding[] = [];
  const refuse = (file: string, message: string, help: string) =>
    findings.push(finding({ rule: 'unreadable-file', message, help, at: { file, line: 1, column: 1 } }));
  const paths = await listed(root, '', refuse);
  paths.sort(byCodePoint);
  refuseCollisions(paths, refuse);
  const roots: [string, string][] = [];
  const schemas: [string, string][] = [];
  const signed: [string, string][] = [];
  for (const path of paths) {
    const text = await contentOf(join(root, path));
    if (text === null) {
      refuse(path, `'${path}' is no UTF-8 text, so it cannot be read.`, 'Save it as UTF-8.');
    } else if (text.length > fileCharacters) {
      refuse(path, `'${path}' is larger than ${fileCharacters} characters, so it is not read.`, 'Split it.');
    } else {
      const place = { root: roots, schema: schemas, signed };
      place[kindOfFile(path) ?? 'root'].push([path, text]);
    }
  }
  return {
    roots: Object.fromEntries(roots),
    schemas: Object.fromEntries(schemas),
    signed: Object.fromEntries(signed),
    findings,
  };
}

type Refuse = (file: string, message: string, help: string) => void;

async function listed(root: string, below: string, refuse: Refuse): Promise<string[]> {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  if (below !== '' && entries.some((entry) => entry.name === '.git')) {
    refuse(
      below,
      `'${below}' is a repository of its own, and a model is one repository.`,
      'Move its files here, or remove it.',
    );
    return [];
  }
  const paths: string[] = [];
  for (const entry of entries) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    if (entry.isSymbolicLink()) {
      refuse(
        path,
        `'${path}' is a symbolic link, and what it shows may change without the model.`,
        'Put the file itself here.',
      );
    } else if (entry.isDirectory()) {
      paths.push(...(await listed(root, path, refuse)));
    } else if (entry.isFile() && kindOfFile(entry.name) !== null) {
      paths.push(path);
    }
  }
  return paths;
}

/** What a file is to a model, by its name; null: no part of it. Tests are read by whoever runs them. */
export function kindOfFile(name: string): 'root' | 'schema' | 'signed' | null {
  if (name.endsWith(consentSuffix)) return 'signed';
  if (/\.(schema|odcs)\.ya?ml$/.test(name)) return name.endsWith('.yaml') ? 'schema' : null;
  if (/\.test\.ya?ml$|\.(test|d)\.ts$/.test(name)) return null;
  return /\.(ts|yaml|yml)$/.test(name) ? 'root' : null;
}

function refuseCollisions(paths: readonly string[], refuse: Refuse): void {
  const seen = new Map<string, string>();
  for (const path of paths) {
    const folded = path.normalize('NFC').toLowerCase();
    const other = seen.get(folded);
    if (other === undefined) seen.set(folded, path);
    else refuse(path, `'${path}' and '${other}' are one file on some machines.`, 'Rename one of them.');
  }
}

async function contentOf(path: string): Promise<string | null> {
  const bytes = await readFile(path);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return null;
  }
}
