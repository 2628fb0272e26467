import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { secretFile } from '../../run/secrets.ts';
import { type ExitStatus, UseError } from '../exit.ts';
import { type Ci, ciFiles } from '../init/ci.ts';
import { newFiles } from '../init/files.ts';
import { introspect } from '../init/introspect.ts';
import { modelName } from '../init/names.ts';
import type { NewFile, NewModel } from '../init/new-model.ts';
import { parseDatabaseUrl } from '../init/url.ts';
import type { Output } from '../output.ts';
import { placeInRepository } from '../place-in-repository.ts';
import { programVersion } from '../version.ts';

/** A new model with comments, in TypeScript or YAML; with `--from`, around a datastore that describes a real database. */
export async function initCommand(
  directory: string | undefined,
  options: { readonly from?: string; readonly ci?: Ci; readonly yaml?: boolean },
  output: Output,
): Promise<ExitStatus> {
  const root = resolve(directory ?? '.');
  const present = existsSync(root) ? readdirSync(root).filter((file) => !file.startsWith('.')) : [];
  const inTheWay = present.find((file) => ['mesh.ts', 'mesh.yaml', 'mesh.yml', 'environments'].includes(file));
  const { ci = 'both' } = options;
  if (inTheWay !== undefined) {
    // Who names a forge where a model is wants that forge's files for it.
    const isForForge = options.ci !== undefined && options.ci !== 'none';
    if (isForForge && options.from === undefined && options.yaml !== true) {
      tellWritten(root, await writeNew(root, ciFilesOf(root, ci), output), 0, output);
      output.result('\nNext:  commit it to the protected branch, and see  freehold doctor ci');
      return 0;
    }
    throw new UseError(
      `${join(root, inTheWay)} is there already, so nothing was written. Name another directory:  freehold init other  . Of a model that is there, the files for continuous integration alone:  freehold init ${directory ?? ''}${directory === undefined ? '' : ' '}--ci github`,
    );
  }
  const name = modelName(basename(root));
  const source = options.from === undefined ? null : parseDatabaseUrl(options.from);
  const found = source === null ? null : await introspect(source, output);
  const model: NewModel = {
    name,
    zone: 'main',
    producer: 'operations',
    consumer: 'insight',
    datastore: source === null ? 'shop' : modelName(source.database),
    source,
    changes: found?.changes ?? { word: 'snapshot()', why: 'or cdc() where the database offers logical decoding' },
    schema: found?.schema ?? null,
    leftOut: found?.leftOut ?? [],
    keyless: found?.keyless ?? [],
  };
  const files = [...newFiles(model, options.yaml === true ? 'yaml' : 'typescript'), ...ciFilesOf(root, ci)];
  const written = await writeNew(root, files, output);
  if (source !== null && source.password !== null) await keepSecret(root, name, source.password);
  tellWritten(root, written, found?.datasets ?? 0, output);
  const { top, prefix } = placeInRepository(root);
  if (prefix !== '' && ci !== 'none')
    output.note(`files for CI are at the top of the repository, ${top}, where forges look for them`);
  const shown = root === process.cwd() ? '' : `cd ${directory ?? '.'} && `;
  for (const { why } of model.keyless) output.note(`left out: ${why}, in the datastore's file.`);
  for (const line of model.leftOut) output.note(`left out: ${line}`);
  if (ci !== 'none')
    output.note(
      'All is owned by user 1, whoever that is on your Git host: put ids of your own there before anybody relies on approvals.',
    );
  output.result(
    `\nNext:  ${shown}freehold check${source === null ? '' : ' && freehold run --once && freehold verify'}`,
  );
  return 0;
}

/** Forges look for them at the top of the repository, wherever in it the model is. */
function ciFilesOf(root: string, ci: Ci): readonly NewFile[] {
  const { prefix } = placeInRepository(root);
  const upwards = '../'.repeat(prefix.split('/').length - 1);
  return ciFiles(ci, programVersion(), prefix === '' ? '.' : prefix.slice(0, -1)).map(({ path, text }) => ({
    path: `${upwards}${path}`,
    text,
  }));
}

/** Files that are there are kept. Gives the paths of those that were written. */
async function writeNew(root: string, files: readonly NewFile[], output: Output): Promise<readonly string[]> {
  const written: string[] = [];
  for (const { path, text } of files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    try {
      await writeFile(join(root, path), text, { flag: 'wx' });
      written.push(path);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      // Of two models in one repository it would review the other alone.
      const isOther = path.includes('freehold') && (await readFile(join(root, path), 'utf8')) !== text;
      output.note(
        `kept ${path}, which is there already${isOther ? ' and is another: see that it names this model and this version' : ''}`,
      );
    }
  }
  return written.sort();
}

function tellWritten(root: string, files: readonly string[], datasets: number, output: Output): void {
  output.document({ version: 1, root, files, datasets });
  if (files.length > 0) output.result(files.map((path) => `  ${path}`).join('\n'));
}

async function keepSecret(root: string, name: string, password: string): Promise<void> {
  const file = secretFile(root, name);
  // The directory above is the embedded server's too, whose account must be able to enter it.
  await mkdir(dirname(dirname(file)), { recursive: true });
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
}
