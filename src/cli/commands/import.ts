import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { findingsDocument } from '../../findings/print-json.ts';
import { printText } from '../../findings/print-text.ts';
import { readContractFile } from '../../load/odcs/document.ts';
import { parseObjectAddress } from '../../model/address.ts';
import { type ExitStatus, UseError } from '../exit.ts';
import { addressIn, modelFileText } from '../odcs/model-file.ts';
import type { Output } from '../output.ts';

/** A contract becomes a datastore: a model file, and the contract beside it. Nothing that is there is touched. */
export async function importCommand(
  file: string,
  options: { readonly dir?: string; readonly as?: string },
  output: Output,
): Promise<ExitStatus> {
  const text = await textOf(file);
  const name = basename(file);
  const { document, findings } = readContractFile(name, text);
  if (document === undefined) {
    output.document(findingsDocument(findings, null));
    output.problem(printText(findings, () => text, { color: output.isColored }));
    return 1;
  }
  const address = options.as ?? addressIn(document);
  if (address === null || parseObjectAddress(address) === null)
    throw new UseError(
      options.as === undefined
        ? `${file} does not say its domain, team and name, so nobody knows whose datastore it is. Add  --as zone/team/name`
        : `'${options.as}' is no address such as retail/sales/orders.`,
    );
  const root = resolve(options.dir ?? '.');
  const contractFile = `${address.slice(address.lastIndexOf('/') + 1)}.odcs.yaml`;
  const files = [
    { path: `${address}.ts`, text: modelFileText(address, contractFile, document) },
    { path: `${dirname(address)}/${contractFile}`, text },
  ];
  const present = files.find(({ path }) => existsSync(join(root, path)));
  if (present !== undefined)
    throw new UseError(`${present.path} is there already, so nothing was written. Choose another address with --as`);
  for (const one of files) {
    await mkdir(dirname(join(root, one.path)), { recursive: true });
    await writeFile(join(root, one.path), one.text, { flag: 'wx' });
  }
  output.document({ version: 1, address, files: files.map(({ path }) => path) });
  output.result(files.map(({ path }) => `  ${path}`).join('\n'));
  output.result('\nNext:  freehold check');
  return 0;
}

async function textOf(file: string): Promise<string> {
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw new UseError(
      `${file} cannot be read (${cause.code ?? cause.message}). Name a contract, such as orders.odcs.yaml`,
    );
  });
  if (bytes.length > 8 * 1024 * 1024) throw new UseError(`${file} is larger than 8 MB, which no contract is.`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UseError(`${file} is no UTF-8 text, so it cannot be read. Save it as UTF-8.`);
  }
}
