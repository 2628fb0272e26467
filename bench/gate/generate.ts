/**
 * A large model as its authors would write it: a file for the mesh, each zone, each environment, each datastore and each
 * workspace, in a folder for each team. A function of the number of datastores alone, so that it is equal on every
 * machine; file by file, so that a model larger than memory can be written.
 *
 * For `n` datastores: 16 datasets each, 11.5 columns each, 2 n workspaces, a team for each ten datastores, a zone for
 * each two hundred.
 */
export type ModelFile = { readonly path: string; readonly text: string };

export const datasetsEach = 16;

/** `zones`: how many there are, where it is not one for each two hundred datastores. */
export function* modelFiles(datastores: number, zones = zonesOf(datastores)): Generator<ModelFile> {
  const teams = Math.max(1, Math.ceil(datastores / 10));
  yield { path: 'mesh.ts', text: meshText(zones) };
  for (let zone = 0; zone < zones; zone++)
    yield { path: `${zoneName(zone)}/zone.ts`, text: zoneText(zone, zones, teams) };
  yield { path: 'platform/prod.ts', text: environmentText(teams, zones) };
  for (let one = 0; one < datastores; one++) yield datastoreFile(one, zones);
  for (let one = 0; one < datastores * 2; one++) yield workspaceFile(one, datastores, zones);
}

/** The file of a datastore, after an edit that one team makes: another doc, and a column more in each dataset. */
export function editedDatastoreFile(one: number, datastores: number, zones = zonesOf(datastores)): ModelFile {
  const { path, text } = datastoreFile(one, zones);
  return {
    path,
    text: text
      .replace("  source: '", "  doc: 'Edited.',\n  source: '")
      .replaceAll('      id: int64(),\n', '      id: int64(),\n      added: text().nullable(),\n'),
  };
}

/** The file of the first zone, with a policy for everything in it that holds already. */
export function policyFile(datastores: number, zones = zonesOf(datastores)): ModelFile {
  const text = zoneText(0, zones, Math.max(1, Math.ceil(datastores / 10)));
  return {
    path: `${zoneName(0)}/zone.ts`,
    text: text
      .replace('import { github, zone }', 'import { github, within, zone }')
      .replace('  teams: {', "  policies: { placed: within('own:eu/berlin', 'own:eu/paris') },\n  teams: {"),
  };
}

/** The file of the mesh, with a label more: everything rests on what the mesh says. */
export function editedMeshFile(zones: number): ModelFile {
  return { path: 'mesh.ts', text: meshText(zones).replace('mnpi: {}', 'mnpi: {}, health: {}') };
}

export function zonesOf(datastores: number): number {
  return Math.max(1, Math.ceil(Math.max(1, Math.ceil(datastores / 10)) / 20));
}

const subjects = ['order', 'customer', 'invoice', 'parcel', 'claim', 'contract', 'visit', 'payment', 'stock', 'price'];
const facets = ['header', 'line', 'status', 'event', 'audit', 'address', 'contact', 'balance', 'note', 'link'];

type Field = { readonly name: string; readonly word: string };
const fields: readonly Field[] = [
  { name: 'created_at', word: 'timestamptz()' },
  { name: 'updated_at', word: 'timestamptz().nullable()' },
  { name: 'status', word: "varchar(20).doc('As the source has it: open, done or void.')" },
  { name: 'amount', word: 'decimal(12, 2)' },
  { name: 'currency', word: 'char(3)' },
  { name: 'full_name', word: "varchar(100).nullable().label('pii').level('confidential')" },
  { name: 'email', word: "varchar(200).nullable().label('pii').level('confidential')" },
  { name: 'quantity', word: 'int32()' },
  { name: 'is_active', word: 'boolean()' },
  { name: 'valid_from', word: 'date()' },
  { name: 'reference', word: "varchar(40).from('ExternalReference')" },
  { name: 'payload', word: 'json().nullable()' },
  { name: 'rate', word: 'float64().nullable()' },
  { name: 'country', word: 'char(2)' },
  { name: 'comment_text', word: 'text().nullable()' },
];

function zoneName(zone: number): string {
  return `zone${zone}`;
}

/** Where the team of a datastore or workspace stands, and its number. */
function teamOf(zones: number, team: number): { readonly zone: number; readonly name: string; readonly path: string } {
  const zone = team % zones;
  return { zone, name: `team${team}`, path: `${zoneName(zone)}/team${team}` };
}

function meshText(zones: number): string {
  const owners = Array.from({ length: zones }, (_, zone) => `    ${zoneName(zone)}: approvers([user(${100 + zone})]),`);
  return `import { approvers, github, mesh, user } from 'freehold';

const platform = github('acme/platform', { id: 78 });

export default mesh('acme', {
  language: 1,
  owner: approvers([user(11)]),
  zones: {
${owners.join('\n')}
  },
  environments: { prod: platform },
  vendors: { own: ['eu/berlin', 'eu/paris'] },
  classification: {
    levels: ['public', 'internal', 'confidential'],
    labels: { pii: { dischargedBy: ['null', 'tokenize'] }, mnpi: {} },
  },
});
`;
}

function zoneText(zone: number, zones: number, teams: number): string {
  const lines: string[] = [];
  for (let team = zone; team < teams; team += zones) {
    lines.push(
      `    team${team}: {`,
      `      owner: github('acme/team${team}-data', { id: ${1000 + team} }),`,
      `      contact: { chat: '#team${team}' },`,
      `      may: { clearance: 'confidential', labels: ['pii'], priority: 'high', readers: ['group:team${team}'] },`,
      '    },',
    );
  }
  return `import { github, zone } from 'freehold';

export default zone('${zoneName(zone)}', {
  doc: 'What the business calls ${zoneName(zone)}.',
  teams: {
${lines.join('\n')}
  },
});
`;
}

function environmentText(teams: number, zones: number): string {
  const connections = Array.from({ length: teams }, (_, team) => {
    const { path } = teamOf(zones, team);
    return `    source${team}: postgres({ host: 'db${team}.internal', database: 'app', user: 'reader', password: secret('source${team}'), at: 'own:eu/berlin', grade: 'production', teams: ['${path}'] }),`;
  });
  return `import { environment, postgres, secret } from 'freehold';

const server = (database: string) =>
  postgres({ host: 'store.internal', database, user: 'freehold', password: secret('store'), at: 'own:eu/berlin', grade: 'production' });

export default environment('prod', {
  ledger: server('ledger'),
  connections: {
${connections.join('\n')}
  },
  stores: { main: server('store') },
  replicas: { sql: { on: [server('replica')], serves: ['lookup', 'reports', 'analytics'] } },
});
`;
}

function datasetName(one: number, index: number): string {
  return `${subjects[(one + index) % 10]}_${facets[(one * 3 + index) % 10]}${index}`;
}

function datastoreAddress(one: number, zones: number): string {
  return `${teamOf(zones, Math.floor(one / 10)).path}/store${one}`;
}

function datastoreFile(one: number, zones: number): ModelFile {
  const team = Math.floor(one / 10);
  const address = datastoreAddress(one, zones);
  const used = new Set<string>(['cdc', 'datastore', 'table', 'int64']);
  const datasets = Array.from({ length: datasetsEach }, (_, index) => {
    const name = datasetName(one, index);
    // 11 or 12 columns, the key included.
    const columns = Array.from({ length: 10 + (index % 2) }, (__, place): Field => {
      return fields[(one + index + place) % fields.length] ?? { name: 'never', word: 'text()' };
    });
    for (const { word } of columns) used.add(/^\w+/.exec(word)?.[0] ?? '');
    return [
      `    ${name}: table({ doc: 'Rows of ${name}.', key: ['id'], from: 'store${one}.${name}' }, {`,
      '      id: int64(),',
      ...columns.map(({ name: column, word }) => `      ${column}: ${word},`),
      '    }),',
    ].join('\n');
  });
  const text = `import { ${[...used].sort().join(', ')} } from 'freehold';

export default datastore('${address}', {
  source: 'source${team}',
  production: true,
  changes: cdc(),
  promises: { freshness: '10s' },
  classification: 'internal',
  datasets: {
${datasets.join('\n')}
  },
});
`;
  return { path: `${address}.ts`, text };
}

function workspaceFile(one: number, datastores: number, zones: number): ModelFile {
  const team = Math.floor(one / 20);
  const { path } = teamOf(zones, team);
  const address = `${path}/desk${one}`;
  // Datastores of a zone are those of its teams: ten to a team, teams in turns.
  const near = (step: number): number => {
    const teams = Math.max(1, Math.ceil(datastores / 10));
    const own = Math.min(teams - 1, (team + step * zones) % teams);
    const other = own % zones === team % zones ? own : team;
    return Math.min(datastores - 1, other * 10 + ((one + step) % 10));
  };
  const from = (step: number) => {
    const store = near(step);
    return `${datastoreAddress(store, zones)}.${datasetName(store, (one + step) % datasetsEach)}`;
  };
  const text = `import { group, workspace } from 'freehold';

export default workspace('${address}', {
  doc: 'What team${team} looks at.',
  production: true,
  clearance: 'confidential',
  labels: ['pii'],
  readers: ['group:team${team}'],
  groups: {
    dashboard: group({ latency: '1m', for: 'lookup', read: ['${from(0)}', { from: '${from(1)}', columns: ['id'] }] }),
    reports: group({ read: ['${from(2)}'] }),
  },
});
`;
  return { path: `${address}.ts`, text };
}
