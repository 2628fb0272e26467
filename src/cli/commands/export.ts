import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { contractOf, contractsOf, type ExportedContract } from '../../export/odcs/contracts.ts';
import { contractText } from '../../export/odcs/text.ts';
import { didYouMean } from '../../findings/near-name.ts';
import { type ApiVersion, versionOf } from '../../load/odcs/version.ts';
import type { Model } from '../../model/model.ts';
import { type ExitStatus, UseError } from '../exit.ts';
import type { Output } from '../output.ts';
import { openProject, tellRefusal } from '../project.ts';

/** Datastores and datasets as contracts of the Open Data Contract Standard: all of them, or those at addresses. */
export async function exportCommand(
  addresses: readonly string[],
  options: { readonly dir?: string; readonly out?: string; readonly apiVersion: ApiVersion },
  output: Output,
): Promise<ExitStatus> {
  const project = await openProject(options.dir, systemClock);
  const { model, digest } = project;
  // What check has against a model that could be read keeps nobody from saying what it is.
  if (model === null || digest === null) return tellRefusal(project.findings, project, output);
  const version = versionOf(options.apiVersion);
  const contracts =
    addresses.length === 0
      ? Object.values(model.datastores).flatMap((datastore) => contractsOf(datastore, version))
      : addresses.flatMap((address) => contractsAt(address, model, options.apiVersion));
  const folder = options.out === undefined ? null : resolve(options.out);
  if (folder !== null) await mkdir(folder, { recursive: true });
  const files = contracts.map(({ address }) => (folder === null ? null : `${address.replaceAll('/', '.')}.odcs.yaml`));
  for (const [index, { document }] of contracts.entries()) {
    const file = files[index] ?? null;
    if (folder !== null && file !== null) await writeFile(join(folder, file), contractText(document));
  }
  for (const { address, document } of contracts)
    if (typeof document.apiVersion === 'string' && document.apiVersion !== options.apiVersion)
      output.note(`${address} keeps the version of its contract, ${document.apiVersion}.`);
  output.document({
    version: 1,
    contracts: contracts.map(({ address, document }, index) => ({ address, file: files[index] ?? null, document })),
  });
  output.result(
    folder === null
      ? contracts
          .map(({ document }) => contractText(document))
          .join('---\n')
          .trimEnd()
      : files.map((file) => `  ${options.out}/${file}`).join('\n'),
  );
  return 0;
}

function contractsAt(address: string, model: Model, apiVersion: ApiVersion): readonly ExportedContract[] {
  const version = versionOf(apiVersion);
  const [object = '', dataset] = address.split('.');
  const datastore = Object.hasOwn(model.datastores, object) ? model.datastores[object] : undefined;
  if (datastore === undefined)
    throw new UseError(`There is no datastore '${object}'.${didYouMean(object, Object.keys(model.datastores))}`);
  if (dataset === undefined) return contractsOf(datastore, version);
  const one = contractOf(datastore, dataset, version);
  if (one === null)
    throw new UseError(
      `Datastore '${object}' has no dataset '${dataset}'.${didYouMean(dataset, Object.keys(datastore.datasets))}`,
    );
  return [one];
}
