import { harmless } from '../../findings/harmless.ts';
import type { ContractDocument } from '../../load/odcs/document.ts';
import { isObject } from '../../load/odcs/merge-patch.ts';
import { modelNames } from '../../load/schema/names.ts';

/** The model file of a datastore that is a contract, which stands beside it under `contractFile`. */
export function modelFileText(address: string, contractFile: string, { contract }: ContractDocument): string {
  const objects = contract.schema ?? [];
  const names = modelNames(objects.map(({ name }) => name));
  const keyless = names.filter(
    (_, index) => objects[index]?.properties?.every((one) => one.primaryKey !== true) ?? true,
  );
  const levels = new Set(
    objects.flatMap(({ properties = [] }) => properties.flatMap((one) => one.classification ?? [])),
  );
  const servers = (contract.servers ?? []).map(
    ({ server, type, host }) => `${server}${type === undefined ? '' : ` (${[type, host].filter(Boolean).join(', ')})`}`,
  );
  const [source = 'source'] = modelNames((contract.servers ?? []).slice(0, 1).map(({ server }) => server));
  const notes = [
    ...(levels.size === 0
      ? []
      : [
          `Levels of the contract: ${[...levels].join(', ')}. Where the mesh calls them otherwise:  levels: { ${[...levels][0]}: '...' },`,
        ]),
    ...keyless.map(
      (name) => `Has no key:  ${name}: { key: ['...'] },  or where rows are only ever added  { appendOnly: true },`,
    ),
  ];
  const file = quoted(`./${contractFile}`);
  const lines = [
    "import { datastore, fromContract, snapshot } from 'freehold';",
    '',
    ...comment('', `From the contract ${contractFile}, which stands beside this file and is read with it.`),
    ...comment('', 'What it says is not repeated here; what of it executes, and what is only kept: docs/odcs.md.'),
    `export default datastore(${quoted(address)}, {`,
    ...comment(
      '  ',
      `A connection, which each environment binds.${servers.length === 0 ? '' : ` Servers of the contract: ${servers.join('; ')}.`}`,
    ),
    `  source: ${quoted(source)},`,
    ...comment('  ', "How changes are read; or cdc(), or watermark('column')."),
    '  changes: snapshot(),',
    ...comment('  ', 'Consumers in production read it once its team says:  production: true,'),
    ...(notes.length === 0
      ? [`  datasets: fromContract(${file}),`]
      : [`  datasets: fromContract(${file}, {`, ...notes.flatMap((note) => comment('    ', note)), '  }),']),
    '});',
    '',
  ];
  return lines.join('\n');
}

/** Zone, team and name that a contract says, as an address; null where it leaves one out. */
export function addressIn({ contract, json }: ContractDocument): string | null {
  const team = isObject(json.team) && typeof json.team.name === 'string' ? json.team.name : undefined;
  const parts = [contract.domain, team, contract.name ?? contract.dataProduct];
  const said = parts.flatMap((part) => (part === undefined || part === '' ? [] : [part]));
  return said.length < parts.length ? null : said.map((part) => modelNames([part])[0] ?? part).join('/');
}

/** On one line, whatever a contract says. */
function comment(indent: string, text: string): string[] {
  return [`${indent}// ${harmless(text, 300)}`];
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
