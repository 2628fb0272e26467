import { posix } from 'node:path';
import { didYouMean } from '../../findings/near-name.ts';
import type { Changes, Column, Dataset, Datastore } from '../../model/model.ts';
import { contractDataset, contractDatasets, type DatastoreFacts, withFacts } from '../odcs/from-contract.ts';
import type { Matches } from '../sandbox/evaluate.ts';
import { overlaid } from '../schema/overlay.ts';
import { enterColumn, enterDataset, readSchema } from '../schema/read.ts';
import { type At, memberAt, refuse } from './at.ts';
import {
  columnType,
  deprecation,
  duration,
  memberText,
  name,
  objectAddress,
  plainName,
  scalar,
  tombstones,
} from './common.ts';
import {
  boolean,
  filledText,
  invalid,
  isRecord,
  kindOf,
  list,
  madeBy,
  object,
  oneOf,
  optional,
  type Reader,
  record,
  required,
  text,
} from './reader.ts';

/** What reading a datastore asks of the trusted side. */
export type SchemaFiles = {
  /** The file that exports the datastore: paths are relative to it. */
  readonly from: string;
  /** Text of each `*.schema.yaml` of the model. */
  readonly texts: Readonly<Record<string, string>>;
  readonly matches: Matches;
  /** Told of each file that an object is made from. */
  readonly named: (file: string) => void;
};

export function datastoreReader(files: SchemaFiles): Reader<Datastore> {
  // What a contract says of the datastore itself.
  let facts: DatastoreFacts | null = null;
  const one: Reader<Dataset> = (raw, at) =>
    kindOf(raw) === 'fromContract' ? contractDataset(raw, at, files, table) : table(raw, at);
  const datasets: Reader<Datastore['datasets']> = (raw, at) => {
    if (kindOf(raw) === 'fromSchema') return fromFile(raw, at, files, one);
    if (kindOf(raw) !== 'fromContract') return tables(one)(raw, at);
    const read = contractDatasets(raw, at, files, table);
    facts = read?.facts ?? null;
    return read?.datasets;
  };
  const read = object({
    address: required(objectAddress),
    doc: optional(text),
    production: optional(boolean),
    version: optional(filledText),
    source: optional(name),
    changes: required(changes),
    together: optional(boolean),
    promises: optional(object({ freshness: optional(duration) })),
    consumers: optional(list(memberText)),
    classification: optional(filledText),
    deprecated: optional(deprecation),
    tags: optional(list(filledText)),
    tombstones: optional(tombstones),
    datasets: required(datasets),
  });
  return (raw, at) => {
    const isMade = isRecord(raw) && isRecord(raw.changes) && raw.changes.mode === 'output';
    const saysSource = isRecord(raw) && raw.source !== undefined;
    if (isRecord(raw) && isMade === saysSource)
      refuse(
        at,
        isMade ? 'unknown-attribute' : 'missing-attribute',
        isMade
          ? "attribute 'source' is for rows of a connection, and a transformer makes these."
          : "attribute 'source' is missing.",
        isMade ? 'Take it out, or say how its changes are read.' : 'Add  source: ...',
      );
    facts = null;
    const datastore = read(raw, at);
    if (datastore === undefined || isMade === saysSource) return undefined;
    return facts === null ? datastore : withFacts(datastore, facts, at);
  };
}

const changes: Reader<Changes> = object({
  mode: required(oneOf('snapshot', 'watermark', 'cdc', 'output')),
  column: optional(filledText),
  transformer: optional(objectAddress),
});

const columnBody = object({
  type: required(columnType),
  nullable: optional(boolean),
  doc: optional(text),
  from: optional(filledText),
  level: optional(filledText),
  labels: optional(list(filledText)),
  default: optional(scalar),
  deprecated: optional(deprecation),
  formerly: optional(list(name)),
  term: optional(filledText),
  tags: optional(list(filledText)),
});

const column: Reader<Column> = (raw, at) =>
  isRecord(raw) && kindOf(raw) === 'column'
    ? columnBody(raw.column, at)
    : invalid(raw, at, 'a column such as int64() or varchar(40)');

const table: Reader<Dataset> = madeBy(
  'dataset',
  'table({...}, {...})',
  object({
    doc: optional(text),
    from: optional(filledText),
    key: optional(list(filledText)),
    appendOnly: optional(boolean),
    deprecated: optional(deprecation),
    formerly: optional(list(name)),
    tags: optional(list(filledText)),
    tombstones: optional(tombstones),
    columns: required(record(column, { isName: plainName, enter: enterColumn })),
  }),
);

const tables = (one: Reader<Dataset>): Reader<Datastore['datasets']> =>
  record(one, { isName: plainName, enter: enterDataset });

const marker = object({
  file: required(filledText),
  classify: required(
    list(object({ pattern: required(text), flags: required(text), labels: required(list(filledText)) })),
  ),
  // Read in full once the file's datasets are known.
  datasets: required<unknown>((raw) => raw),
});

function fromFile(raw: unknown, at: At, files: SchemaFiles, one: Reader<Dataset>): Datastore['datasets'] | undefined {
  const read = marker(raw, at);
  if (read === undefined) return undefined;
  const file = posix.join(posix.dirname(files.from), read.file);
  const content = Object.hasOwn(files.texts, file) ? files.texts[file] : undefined;
  if (content === undefined) {
    const near = didYouMean(file, Object.keys(files.texts));
    return refuse(
      at,
      'schema-file',
      `'${read.file}' names no schema file of the model.${near}`,
      "Name a file that ends in .schema.yaml, relative to the model file that exports the datastore; 'freehold init --from' writes one.",
    );
  }
  files.named(file);
  const datasets = readSchema(file, content, at);
  if (datasets === undefined) return undefined;
  // A dataset that has a contract is its contract's, whatever the schema file says of it.
  const said = isRecord(read.datasets) ? Object.entries(read.datasets) : [];
  const isContract = ([, value]: readonly [string, unknown]) => kindOf(value) === 'fromContract';
  const overlays = { ...read, datasets: Object.fromEntries(said.filter((member) => !isContract(member))) };
  const contracts = Object.fromEntries(said.filter(isContract));
  const own = tables(one)(contracts, { ...memberAt(at, 'datasets', contracts), path: [] });
  const generated = overlaid(datasets, overlays, read.classify, at, files.matches);
  return own === undefined || generated === undefined ? undefined : { ...generated, ...own };
}
