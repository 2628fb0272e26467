import type { Keyless } from './introspect.ts';
import { comment, type NewFile, type NewModel } from './new-model.ts';

/** The model files of a new model, each with the comments that a first reader needs. */
export function typescriptFiles(model: NewModel): NewFile[] {
  const { zone, producer, consumer, datastore } = model;
  const address = `${zone}/${producer}/${datastore}`;
  return [
    { path: 'mesh.ts', text: meshText(model) },
    { path: `${zone}/zone.ts`, text: zoneText(model) },
    { path: `${zone}/${producer}/${datastore}.ts`, text: datastoreText(model, address) },
    { path: `${zone}/${consumer}/reporting.ts`, text: workspaceText(model, address) },
    { path: 'environments/local.ts', text: environmentText(model) },
  ];
}

function meshText({ name, zone }: NewModel): string {
  return `import { approvers, mesh, user } from 'freehold';

// The mesh: its zones, who owns each, and the words that everyone shares. Numbers are user ids of your Git host;
// replace them with those of the people whose approval counts.
export default mesh('${name}', {
  language: 1,
  owner: approvers([user(1)]),
  zones: { ${zone}: approvers([user(1)]) },
  environments: { local: approvers([user(1)]) },
  classification: {
    levels: ['public', 'internal', 'confidential'], // least first; a column that says nothing counts as the last
    labels: { pii: {} },
  },
});
`;
}

function zoneText({ zone, producer, consumer }: NewModel): string {
  return `import { approvers, user, zone } from 'freehold';

// A zone groups teams. What a team's workspaces may ask for is granted here, by the zone's owner, not by the team.
export default zone('${zone}', {
  teams: {
    ${producer}: { owner: approvers([user(1)]) },
    ${consumer}: {
      owner: approvers([user(1)]),
      may: { clearance: 'confidential', labels: ['pii'], priority: 'high', readers: ['group:analysts'] },
    },
  },
});
`;
}

function datastoreText(model: NewModel, address: string): string {
  const leftOut = model.leftOut.map((line) => `// ${comment(line)}\n`).join('');
  const words =
    model.schema === null
      ? 'datastore, int64, snapshot, table, text'
      : `${model.changes.word.slice(0, -2)}, datastore, fromSchema`;
  const datasets =
    model.schema === null
      ? `{
    // One table a line: its key, then its columns. A column is required unless it is nullable().
    customers: table({ key: ['id'], from: 'public.customers' }, { id: int64(), name: text().nullable() }),
  }`
      : `fromSchema('./${model.datastore}.schema.yaml', {
    // What the database cannot know is said here, and survives when the schema file is generated again:
    //   classify: [[/(^|_)(name|email|phone)$/, 'pii']],
    //   customers: { doc: 'Everyone who ever bought.', columns: { name: { doc: 'as on the invoice' } } },
${keylessText(model.keyless)}  })`;
  return `import { ${words} } from 'freehold';

// A datastore: one database of one team, how its changes are read, and its datasets. When and where rows move
// is never said here: that follows from what consumers ask.
${leftOut}export default datastore('${address}', {
  source: '${model.name}', // a connection by name; each environment binds it
  changes: ${model.changes.word}, // ${comment(model.changes.why)}
  classification: 'internal',
  datasets: ${datasets},
});
`;
}

function workspaceText({ zone, consumer }: NewModel, address: string): string {
  return `import { group, workspace } from 'freehold';

// A workspace: what one consumer reads, and with which needs. Each group is served where its needs are met best.
export default workspace('${zone}/${consumer}/reporting', {
  clearance: 'internal',
  readers: ['group:analysts'],
  groups: {
    live: group({ latency: '10s', for: 'lookup', read: ['${address}.*'] }),
    analysis: group({ latency: '1m', for: 'analytics', read: ['${address}.*'] }),
    audit: group({ latency: '1m', for: 'reports', history: 'full', read: ['${address}.*'] }),
  },
});
`;
}

function environmentText({ name, source }: NewModel): string {
  const fields =
    source === null
      ? `embedded: true, database: '${name}'`
      : [
          `host: '${escaped(source.host)}'`,
          `port: ${source.port}`,
          `database: '${escaped(source.database)}'`,
          `user: '${escaped(source.user)}'`,
          ...(source.password === null ? [] : [`password: secret('${name}')`]),
          ...(source.ssl === null ? [] : [`ssl: '${source.ssl}'`]),
        ].join(', ');
  const engine = source?.engine ?? 'postgres';
  const words = ['duckdb', 'environment', 'postgres', ...(engine === 'mysql' ? ['mysql'] : [])];
  const secret = source === null || source.password === null ? [] : ['secret'];
  return `import { ${[...words, ...secret].sort().join(', ')} } from 'freehold';

// An environment: where the ledger, the stores and the replicas are, and what each connection means here.
// 'embedded' is a PostgreSQL of Freehold's own below .freehold/, which needs no installation.
export default environment('local', {
  ledger: postgres({ embedded: true, database: 'ledger' }),
  connections: {
    ${name}: ${engine}({ ${fields} }),
  },
  stores: { main: postgres({ embedded: true, database: 'store' }) },
  replicas: {
    sql: { on: [postgres({ embedded: true, database: 'replica' })], serves: ['lookup', 'reports'] },
    columns: { on: [duckdb({ file: '.freehold/analysis.duckdb' })], serves: ['analytics'] },
  },
});
`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}

/** Lines of the overlay: each table without a usable key, what to say instead, and until then that it is left out. */
function keylessText(keyless: readonly Keyless[]): string {
  return keyless.map(({ dataset, why }) => `    // ${comment(why)}:\n    ${dataset}: { leaveOut: true },\n`).join('');
}
