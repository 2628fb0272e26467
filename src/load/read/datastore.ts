import { posix } from 'node:path';
import { didYouMean } from '../../findings/near-name.ts';
import { parseDurationMs } from '../../model/duration.ts';
import type { Changes, Column, Dataset, Datastore } from '../../model/model.ts';
import { parseShare } from '../../model/share.ts';
import { share } from '../../model/shared-column.ts';
import { contractDataset, contractDatasets, type DatastoreFacts, withFacts } from '../odcs/from-contract.ts';
import type { Matches } from '../sandbox/evaluate.ts';
import { overlaid, overlay } from '../schema/overlay.ts';
import { enterColumn, enterDataset, readSchema } from '../schema/read.ts';
import type { Texts } from '../texts.ts';
import { isWrittenAlike } from '../written/written.ts';
import { type At, memberAt, refuse } from './at.ts';
import {
  columnType,
  deprecation,
  duration,
  name,
  objectAddress,
  plainName,
  readerText,
  scalar,
  tombstones,
} from './common.ts';
import { fileNoun, fileSchema } from './from-file.ts';
import { literalWith, memberOf } from './literals.ts';
import { checks } from './quality.ts';
import {
  boolean,
  filledText,
  invalid,
  isRecord,
  kindOf,
  list,
  madeBy,
  madeByWord,
  object,
  oneOf,
  optional,
  type Reader,
  record,
  required,
  text,
  textWhere,
} from './reader.ts';
import { described, schemaOf } from './schema.ts';
import { only, onlyMember, type Spelled, spelled } from './spelled.ts';

/** What reading a datastore asks of the trusted side. */
export type SchemaFiles = {
  /** The file that exports the datastore: paths are relative to it. */
  readonly from: string;
  /** Each `*.schema.yaml` and `*.odcs.yaml` of the model. */
  readonly schemas: Texts;
  readonly matches: Matches;
};

export function datastoreReader(files: SchemaFiles): Reader<Datastore> {
  // What a contract says of the datastore itself.
  let facts: DatastoreFacts | null = null;
  const one: Reader<Dataset> = described<Dataset>(
    (raw, at) => {
      const { raw: noun, literal } = asNoun(raw, at);
      return kindOf(noun) === 'fromContract'
        ? contractDataset(noun, { ...at, literal }, files, table)
        : table(noun, { ...at, literal });
    },
    () => ({ anyOf: [schemaOf(table), fileSchema('fromContract', overlay)] }),
  );
  const datasets: Reader<Datastore['datasets']> = described<Datastore['datasets']>(
    (raw, at) => {
      const { raw: noun, literal } = asNoun(raw, at);
      const place = { ...at, literal };
      if (kindOf(noun) === 'fromSchema') return fromFile(noun, place, files, one);
      if (kindOf(noun) !== 'fromContract') return tables(one)(noun, place);
      const read = contractDatasets(noun, place, files, table);
      facts = read?.facts ?? null;
      return read?.datasets;
    },
    () => ({
      anyOf: [schemaOf(tables(one)), fileSchema('fromSchema', overlay), fileSchema('fromContract', overlay)],
    }),
  );
  const read = object({
    address: required(objectAddress),
    doc: optional(text),
    production: optional(boolean),
    version: optional(filledText),
    source: optional(name),
    changes: required(changes),
    together: optional(boolean),
    promises: optional(object({ freshness: optional(duration) })),
    consumers: optional(list(readerText)),
    classification: optional(filledText),
    deprecated: optional(deprecation),
    tags: optional(list(filledText)),
    tombstones: optional(tombstones),
    datasets: required(datasets),
  });
  return described<Datastore>(
    (raw, at) => {
      const made = isRecord(raw) ? raw.changes : undefined;
      const isMade = isRecord(made) && (at.reading.isYaml ? 'output' in made : made.mode === 'output');
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
    },
    () => schemaOf(read),
  );
}

const late: Reader<string | number> = described<string | number>(
  (raw, at) =>
    (typeof raw === 'string' && parseDurationMs(raw) !== null) || (typeof raw === 'number' && raw >= 0)
      ? raw
      : invalid(raw, at, "a duration such as '10m', or of a column of numbers a number such as 1000"),
  () => ({ anyOf: [schemaOf(duration), { type: 'number', minimum: 0 }] }),
);

const rowShare: Reader<string> = textWhere((t) => parseShare(t) !== null, "a share of rows such as '20%'", {
  pattern: '^[0-9]{1,3}(\\.[0-9]+)?%$',
});

const snapshotOptions = { maxDeleted: optional(rowShare), compare: optional(oneOf('rows', 'checksum')) };
const watermarkOptions = { late: optional(late), sweep: optional(duration), maxDeleted: optional(rowShare) };

/** What a mode can say besides; the others would be without effect. */
const ofMode: Readonly<Record<string, Reader<Changes>>> = {
  cdc: object({ mode: required(oneOf('cdc')) }),
  snapshot: object({ mode: required(oneOf('snapshot')), ...snapshotOptions }),
  watermark: object({ mode: required(oneOf('watermark')), column: required(filledText), ...watermarkOptions }),
  output: object({ mode: required(oneOf('output')), transformer: required(objectAddress) }),
};

const words = "cdc(), snapshot(), watermark('column') or output('zone/team/transformer')";

function byMode(raw: unknown, at: At): Changes | undefined {
  const mode = isRecord(raw) && typeof raw.mode === 'string' ? raw.mode : '';
  const reader = Object.hasOwn(ofMode, mode) ? ofMode[mode] : undefined;
  return reader === undefined ? invalid(raw, at, `made by  ${words} `, ` ${words} `) : reader(raw, at);
}

/** `cdc`, `snapshot`, `{ watermark: updated_at }`, `{ watermark: { column: updated_at, sweep: 1h } }`, `{ output: retail/sales/make_daily }`. */
const changes: Reader<Changes> = spelled(madeByWord(byMode, words), {
  what: 'cdc, snapshot, { snapshot: options }, { watermark: column }, { watermark: { column, ... } } or { output: transformer }',
  from: (raw, literal) => {
    if (raw === 'cdc' || raw === 'snapshot') return { raw: { mode: raw } };
    const said = onlyMember(raw, (name) => name === 'snapshot' || name === 'watermark' || name === 'output');
    if (said === null) return null;
    const where = memberOf(literal, said.name);
    if (said.name !== 'output' && isRecord(said.value))
      return { raw: { ...said.value, mode: said.name }, literal: where };
    if (said.name === 'snapshot') return null;
    const own = said.name === 'watermark' ? 'column' : 'transformer';
    return {
      raw: { mode: said.name, [own]: said.value },
      literal: literalWith(literal?.offset ?? 0, { [own]: where }),
    };
  },
  schema: () => ({
    anyOf: [
      { enum: ['cdc', 'snapshot'] },
      only('snapshot', schemaOf(object(snapshotOptions))),
      only('watermark', {
        anyOf: [schemaOf(filledText), schemaOf(object({ column: required(filledText), ...watermarkOptions }))],
      }),
      only('output', schemaOf(objectAddress)),
    ],
  }),
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

/** Columns that are one object, as those that are written alike may be, are read once. */
const columns = new WeakMap<object, Column>();

/** In YAML `varchar(40)?`, or a map of it as `type` and what else it says. */
const column: Reader<Column> = spelled(columnNoun, {
  what: 'a type such as varchar(40)?, or a map with one as its type',
  from: (raw) => {
    if (typeof raw === 'string') return { raw: { freehold: 'column', column: typeIn(raw) } };
    if (!isRecord(raw)) return null;
    const type = typeof raw.type === 'string' ? typeIn(raw.type) : { type: raw.type };
    return { raw: { freehold: 'column', column: { ...type, ...raw, type: type.type } } };
  },
  schema: () => ({ anyOf: [schemaOf(columnType), schemaOf(columnBody)] }),
});

function typeIn(text: string): { readonly type: string; readonly nullable?: true } {
  return text.endsWith('?') ? { type: text.slice(0, -1), nullable: true } : { type: text };
}

function columnNoun(raw: unknown, at: At): Column | undefined {
  if (!isRecord(raw) || kindOf(raw) !== 'column') return invalid(raw, at, 'a column such as int64() or varchar(40)');
  const former = columns.get(raw);
  if (former !== undefined) return former;
  if (isRecord(raw.column) && Array.isArray(raw.column.within)) return saidWithin(raw.column.within, at);
  const read = columnBody(raw.column, at);
  if (read !== undefined && isWrittenAlike(raw)) {
    columns.set(raw, read);
    share(read);
  }
  return read;
}

/** Words that an author hung on a part of a type, a label among them, must not be lost silently. */
function saidWithin(attributes: readonly unknown[], at: At): undefined {
  const named = [...new Set(attributes)].map((one) => `'${String(one)}'`).join(', ');
  return refuse(
    at,
    'invalid-value',
    `${named} is said of a part of its type, where nothing would come of it: only a whole column is classified or described.`,
    "Say it of the column, as  array(text()).label('pii')",
  );
}

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
    quality: optional(checks),
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

/** YAML spells what words make of files as a map. */
function asNoun(raw: unknown, at: At): Required<Spelled> {
  return (at.reading.isYaml ? fileNoun(raw, at.literal) : null) ?? { raw, literal: at.literal };
}

function fromFile(raw: unknown, at: At, files: SchemaFiles, one: Reader<Dataset>): Datastore['datasets'] | undefined {
  const read = marker(raw, at);
  if (read === undefined) return undefined;
  const file = posix.join(posix.dirname(files.from), read.file);
  const content = files.schemas.text(file);
  if (content === null) {
    const near = didYouMean(file, files.schemas.names);
    return refuse(
      at,
      'schema-file',
      `'${read.file}' names no schema file of the model.${near}`,
      "Name a file that ends in .schema.yaml, relative to the model file that exports the datastore; 'freehold init --from' writes one.",
    );
  }
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
