import { stringify } from 'yaml';
import { comment, type NewFile, type NewModel } from './new-model.ts';

/** The model files of a new model in YAML: the same as those in TypeScript, object by object. */
export function yamlFiles(model: NewModel): NewFile[] {
  const { zone, producer, consumer, datastore } = model;
  const address = `${zone}/${producer}/${datastore}`;
  return [
    { path: 'mesh.yaml', text: `${schemaLine}${meshText(model)}` },
    { path: `${zone}/zone.yaml`, text: `${schemaLine}${zoneText(model)}` },
    { path: `${zone}/${producer}/${datastore}.yaml`, text: `${schemaLine}${datastoreText(model, address)}` },
    { path: `${zone}/${consumer}/reporting.yaml`, text: `${schemaLine}${workspaceText(model, address)}` },
    { path: 'environments/local.yaml', text: `${schemaLine}${environmentText(model)}` },
  ];
}

/** By it an editor completes and checks what is written. */
const schemaLine =
  '# yaml-language-server: $schema=https://raw.githubusercontent.com/freehold/freehold/main/docs/schemas/model.schema.json\n\n';

function meshText({ name, zone }: NewModel): string {
  return `# The mesh: its zones, who owns each, and the words that everyone shares. Numbers are user ids of your Git host;
# replace them with those of the people whose approval counts.
mesh: ${scalar(name)}
language: 1
owner: { approvers: [1] }
zones:
  ${scalar(zone)}: { approvers: [1] }
environments:
  local: { approvers: [1] }
classification:
  levels: [public, internal, confidential] # least first; a column that says nothing counts as the last
  labels: { pii: {} }
`;
}

function zoneText({ zone, producer, consumer }: NewModel): string {
  return `# A zone groups teams. What a team's workspaces may ask for is granted here, by the zone's owner, not by the team.
zone: ${scalar(zone)}
teams:
  ${scalar(producer)}:
    owner: { approvers: [1] }
  ${scalar(consumer)}:
    owner: { approvers: [1] }
    may: { clearance: confidential, labels: [pii], priority: high, readers: ['group:analysts'] }
`;
}

function datastoreText(model: NewModel, address: string): string {
  const { name, changes, leftOut } = model;
  return `# A datastore: one database of one team, how its changes are read, and its datasets. When and where rows move
# is never said here: that follows from what consumers ask.
${leftOut.map((line) => `# ${comment(line)}\n`).join('')}datastore: ${address}
source: ${scalar(name)} # a connection by name; each environment binds it
changes: ${changes.word.slice(0, -2)} # ${comment(changes.why.replaceAll('cdc()', 'cdc'))}
classification: internal
datasets:
${datasetsText(model)}`;
}

function datasetsText({ schema, datastore, keyless }: NewModel): string {
  if (schema === null)
    return `  # A column is required unless its type ends in a question mark.
  customers:
    key: [id]
    from: public.customers
    columns:
      id: int64
      name: text?
`;
  const left = keyless.map(({ dataset, why }) => `  # ${comment(why)}:\n  ${scalar(dataset)}: { leaveOut: true }\n`);
  return `  fromSchema: ./${datastore}.schema.yaml
  # What the database cannot know is said here, and survives when the schema file is generated again:
  #   classify: [{ pattern: (^|_)(name|email|phone)$, labels: [pii] }]
  #   customers: { doc: Everyone who ever bought., columns: { name: { doc: as on the invoice } } }
${left.join('')}`;
}

function workspaceText({ zone, consumer }: NewModel, address: string): string {
  return `# A workspace: what one consumer reads, and with which needs. Each group is served where its needs are met best.
workspace: ${zone}/${consumer}/reporting
clearance: internal
readers: ['group:analysts']
groups:
  live: { latency: 10s, for: lookup, read: [${address}.*] }
  analysis: { latency: 1m, for: analytics, read: [${address}.*] }
  audit: { latency: 1m, for: reports, history: full, read: [${address}.*] }
`;
}

function environmentText({ name, source }: NewModel): string {
  const fields =
    source === null
      ? { embedded: true, database: name }
      : {
          host: source.host,
          port: source.port,
          database: source.database,
          user: source.user,
          ...(source.password === null ? {} : { password: { secret: name } }),
          ...(source.ssl === null ? {} : { ssl: source.ssl }),
        };
  return `# An environment: where the ledger, the stores and the replicas are, and what each connection means here.
# 'embedded' is a PostgreSQL of Freehold's own below .freehold/, which needs no installation.
environment: local
ledger: { postgres: { embedded: true, database: ledger } }
connections:
  ${scalar(name)}:
    ${source?.engine ?? 'postgres'}:
${indented(stringify(fields, { lineWidth: 0 }), 6)}stores:
  main: { postgres: { embedded: true, database: store } }
replicas:
  sql: { on: [{ postgres: { embedded: true, database: replica } }], serves: [lookup, reports] }
  columns: { on: [{ duckdb: { file: .freehold/analysis.duckdb } }], serves: [analytics] }
`;
}

/** A text as YAML reads it back, in quotes where it would be something else. */
export function scalar(text: string): string {
  return stringify(text, { lineWidth: 0 }).trimEnd();
}

function indented(text: string, depth: number): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(depth));
}
