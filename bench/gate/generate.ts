/**
 * A large model as its authors would write it: a file for the mesh, each zone, each environment, each datastore and each
 * workspace, in a folder for each team. A function of the number of datastores alone, so that it is equal on every
 * machine; file by file, so that a model larger than memory can be written.
 *
 * For `n` datastores: 16 datasets each, 11.5 columns each, 2 n workspaces, a team for each ten datastores. From 8,000
 * datastores on the first zone holds 3,400 of them, which are 10,200 objects with their workspaces; the others hold two
 * hundred each. One workspace in ten reads something of the next zone, whose policy lets it in.
 */
export type ModelFile = { readonly path: string; readonly text: string };

export const datasetsEach = 16;

export function* modelFiles(datastores: number): Generator<ModelFile> {
  const layout = layoutOf(datastores);
  yield { path: 'mesh.ts', text: meshText(layout) };
  for (let zone = 0; zone < layout.zones; zone++)
    yield { path: `${zoneName(zone)}/zone.ts`, text: zoneText(zone, layout) };
  yield { path: 'platform/prod.ts', text: environmentText(layout) };
  for (let one = 0; one < datastores; one++) yield datastoreFile(one, layout);
  for (let one = 0; one < datastores * 2; one++) yield workspaceFile(one, layout);
}

/** The file of a datastore, after an edit that one team makes: another doc, and a column more in each dataset. */
export function editedDatastoreFile(one: number, datastores: number): ModelFile {
  const { path, text } = datastoreFile(one, layoutOf(datastores));
  return {
    path,
    text: text
      .replace("  source: '", "  doc: 'Edited.',\n  source: '")
      .replaceAll('      id: int64(),\n', '      id: int64(),\n      added: text().nullable(),\n'),
  };
}

/** The file of the first zone, with a policy more, for everything in it, that holds already. */
export function policyFile(datastores: number): ModelFile {
  const text = zoneText(0, layoutOf(datastores));
  return {
    path: `${zoneName(0)}/zone.ts`,
    text: text
      .replace('readableBy, zone }', 'readableBy, within, zone }')
      .replace('  policies: {\n', "  policies: {\n    placed: within('own:eu/berlin', 'own:eu/paris'),\n"),
  };
}

/** How many datastores and workspaces that policy is about. */
export function objectsUnderPolicy(datastores: number): number {
  const layout = layoutOf(datastores);
  const teams = teamsIn(0, layout);
  let count = 0;
  for (let team = 0; team < teams; team++) count += Math.min(10, datastores - teamAt(0, team, layout) * 10);
  return count * 3;
}

/** The file of the mesh, with a label more: everything rests on what the mesh says. */
export function editedMeshFile(datastores: number): ModelFile {
  return { path: 'mesh.ts', text: meshText(layoutOf(datastores)).replace('mnpi: {}', 'mnpi: {}, health: {}') };
}

/** How teams are spread over zones: the first so many are in the first zone, the rest in the others, in turns. */
type Layout = {
  readonly datastores: number;
  readonly teams: number;
  readonly zones: number;
  readonly inFirst: number;
};

function layoutOf(datastores: number): Layout {
  const teams = Math.max(1, Math.ceil(datastores / 10));
  const inFirst = teams >= 2 * largeZone ? largeZone : Math.ceil(teams / zonesOf(teams));
  return { datastores, teams, inFirst, zones: 1 + (teams > inFirst ? zonesOf(teams - inFirst) : 0) };
}

/** Teams of the one large zone. */
const largeZone = 340;

function zonesOf(teams: number): number {
  return Math.max(1, Math.ceil(teams / 20));
}

function zoneOf(team: number, { inFirst, zones }: Layout): number {
  return team < inFirst ? 0 : 1 + ((team - inFirst) % (zones - 1));
}

/** How many teams a zone has. */
function teamsIn(zone: number, { teams, inFirst, zones }: Layout): number {
  return zone === 0 ? inFirst : Math.ceil((teams - inFirst - (zone - 1)) / (zones - 1));
}

/** The number of a zone's team, the zone's first being 0, counted round. */
function teamAt(zone: number, index: number, layout: Layout): number {
  const place = index % teamsIn(zone, layout);
  return zone === 0 ? place : layout.inFirst + (zone - 1) + place * (layout.zones - 1);
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

/** Where a team's objects are. */
function pathOf(team: number, layout: Layout): string {
  return `${zoneName(zoneOf(team, layout))}/team${team}`;
}

function meshText({ zones }: Layout): string {
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

function zoneText(zone: number, layout: Layout): string {
  const lines: string[] = [];
  for (let index = 0; index < teamsIn(zone, layout); index++) {
    const team = teamAt(zone, index, layout);
    lines.push(
      `    team${team}: {`,
      `      owner: github('acme/team${team}-data', { id: ${1000 + team} }),`,
      `      contact: { chat: '#team${team}' },`,
      `      may: { clearance: 'confidential', labels: ['pii'], priority: 'high', readers: ['group:team${team}'] },`,
      '    },',
    );
  }
  const readers = [zone, (zone + layout.zones - 1) % layout.zones].map((one) => `'${zoneName(one)}'`);
  return `import { github, readableBy, zone } from 'freehold';

export default zone('${zoneName(zone)}', {
  doc: 'What the business calls ${zoneName(zone)}.',
  policies: {
    'who reads': readableBy({ zones: [${[...new Set(readers)].join(', ')}] }),
  },
  teams: {
${lines.join('\n')}
  },
});
`;
}

function environmentText(layout: Layout): string {
  const connections = Array.from({ length: layout.teams }, (_, team) => {
    const path = pathOf(team, layout);
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

function datastoreAddress(one: number, layout: Layout): string {
  return `${pathOf(Math.floor(one / 10), layout)}/store${one}`;
}

function datastoreFile(one: number, layout: Layout): ModelFile {
  const team = Math.floor(one / 10);
  const address = datastoreAddress(one, layout);
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

function workspaceFile(one: number, layout: Layout): ModelFile {
  const { datastores, zones } = layout;
  const team = Math.floor(one / 20);
  const address = `${pathOf(team, layout)}/desk${one}`;
  const zone = zoneOf(team, layout);
  const index = zone === 0 ? team : Math.floor((team - layout.inFirst) / (zones - 1));
  const dataset = (within: number, step: number) => {
    const store = Math.min(datastores - 1, teamAt(within, index + step, layout) * 10 + ((one + step) % 10));
    return `${datastoreAddress(store, layout)}.${datasetName(store, (one + step) % datasetsEach)}`;
  };
  const from = (step: number) => dataset(zone, step);
  const last = one % 10 === 7 ? dataset((zone + 1) % zones, 2) : from(2);
  const text = `import { group, workspace } from 'freehold';

export default workspace('${address}', {
  doc: 'What team${team} looks at.',
  production: true,
  clearance: 'confidential',
  labels: ['pii'],
  readers: ['group:team${team}'],
  groups: {
    dashboard: group({ latency: '1m', for: 'lookup', read: ['${from(0)}', { from: '${from(1)}', columns: ['id'] }] }),
    reports: group({ read: ['${last}'] }),
  },
});
`;
  return { path: `${address}.ts`, text };
}
