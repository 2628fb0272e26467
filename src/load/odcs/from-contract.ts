import { posix } from 'node:path';
import { canonicalJson } from '../../base/digest.ts';
import { finding } from '../../findings/make.ts';
import { didYouMean } from '../../findings/near-name.ts';
import { canonicalDatastore } from '../../model/canonical.ts';
import type { Dataset, Datastore } from '../../model/model.ts';
import { type At, memberAt, refuse } from '../read/at.ts';
import { memberOf } from '../read/literals.ts';
import { filledText, isRecord, list, object, type Reader, record, required, text } from '../read/reader.ts';
import type { Matches } from '../sandbox/evaluate.ts';
import { modelNames } from '../schema/names.ts';
import { overlaid } from '../schema/overlay.ts';
import { enterDataset } from '../schema/read.ts';
import type { Texts } from '../texts.ts';
import type { SchemaObject } from './contract.ts';
import { datasetNoun, withRest } from './dataset.ts';
import { type ContractDocument, type Item, itemsIn, readDocument } from './document.ts';
import { documentFacts, noVersion } from './facts.ts';
import { type JsonObject, mergePatch } from './merge-patch.ts';
import type { ReadRules } from './rules.ts';
import { deprecationOf, freshnessOf } from './sla.ts';
import { typeOf } from './type-in.ts';

/** What reading a contract asks of the trusted side. */
export type ContractFiles = {
  /** The file that exports the datastore: paths are relative to it. */
  readonly from: string;
  readonly schemas: Texts;
  readonly matches: Matches;
};

/** What a contract says of a whole datastore: what the datastore itself says stands before it. */
export type DatastoreFacts = Pick<Datastore, 'doc' | 'version' | 'promises' | 'deprecated' | 'tags' | 'contract'>;

const marker = object({
  file: required(filledText),
  levels: required(record(filledText)),
  classify: required(
    list(object({ pattern: required(text), flags: required(text), labels: required(list(filledText)) })),
  ),
  // Read in full once the contract's datasets are known.
  datasets: required<unknown>((raw) => raw),
});

type Marker = NonNullable<ReturnType<typeof marker>>;

/** Every object of a contract's schema as a dataset, and what it says of the datastore. */
export function contractDatasets(
  raw: unknown,
  at: At,
  files: ContractFiles,
  table: Reader<Dataset>,
): { readonly datasets: Datastore['datasets']; readonly facts: DatastoreFacts } | undefined {
  const read = marker(raw, at);
  const opened = read && openedContract(read, at, files);
  if (read === undefined || opened === undefined) return undefined;
  if (opened.object !== null)
    return refuse(
      at,
      'contract-file',
      `'${read.file}' names one object of a contract, and a datastore has all of them.`,
      `Leave out '#${opened.object}', or write  datasets: { ${opened.object}: fromContract('${read.file}') }`,
    );
  const { document } = opened;
  const objects = objectsOf(document);
  const names = modelNames(objects.map(({ object }) => object.name));
  const datasets: [string, Dataset][] = [];
  const kept: ReadRules['kept'][number][] = [];
  const leftOut = leftOutIn(read);
  let isWhole = true;
  for (const [index, one] of objects.entries()) {
    const name = names[index] ?? one.object.name;
    if (leftOut.has(name)) {
      // What the model does not take is nobody's concern here, whatever is wrong with it.
      datasets.push([name, { columns: {} }]);
      continue;
    }
    const entered = memberAt(
      { ...at, literal: null, place: placeOf(one.item, document) },
      name,
      undefined,
      enterDataset(at, name),
    );
    const found = datasetOf(one, name, read, document, entered, table);
    if (found === undefined) isWhole = false;
    else {
      datasets.push([name, found.dataset]);
      kept.push(...found.kept);
    }
  }
  if (!isWhole) return undefined;
  const taken = objects.filter(({ object }, index) => !leftOut.has(names[index] ?? object.name));
  tellGuesses(taken, at, document);
  tellKept(kept, at, document);
  const all = overlaid(Object.fromEntries(datasets), raw, read.classify, at, files.matches, overlay);
  return all === undefined ? undefined : { datasets: all, facts: datastoreFacts(document, at) };
}

/** Datasets that a person says are none of the model's. */
function leftOutIn({ datasets }: Marker): ReadonlySet<string> {
  const said = isRecord(datasets) ? Object.entries(datasets) : [];
  return new Set(said.flatMap(([name, one]) => (isRecord(one) && one.leaveOut === true ? [name] : [])));
}

/** One object of a contract as a dataset, with the rest of the contract. */
export function contractDataset(
  raw: unknown,
  at: At,
  files: ContractFiles,
  table: Reader<Dataset>,
): Dataset | undefined {
  const read = marker(raw, at);
  const opened = read && openedContract(read, at, files);
  if (read === undefined || opened === undefined) return undefined;
  const { document, file } = opened;
  const objects = objectsOf(document);
  const wanted = opened.object ?? (objects.length === 1 ? objects[0]?.object.name : undefined);
  const one = objects.find(({ object }) => object.name === wanted);
  if (one === undefined) {
    const known = objects.map(({ object }) => object.name);
    return refuse(
      at,
      'contract-file',
      wanted === undefined
        ? `'${file}' has ${known.length} objects in its schema, and a dataset is one.`
        : `'${file}' has no object '${wanted}' in its schema.${didYouMean(wanted, known)}`,
      known.length === 0
        ? 'A contract without objects can only be of a whole datastore:  datasets: fromContract(...)'
        : `Name one, as  fromContract('${read.file.replace(/#.*$/s, '')}#${known[0]}')`,
    );
  }
  const name = at.address.slice(at.address.indexOf('.') + 1);
  const found = datasetOf(one, name, read, document, at, table);
  if (found === undefined) return undefined;
  const { dataset, kept } = found;
  tellGuesses([one], at, document);
  tellKept(kept, at, document);
  const address = at.address.slice(0, at.address.indexOf('.'));
  const rest = restOf(document, documentFacts({ address }, name, document.version));
  const whole = { ...dataset, contract: { ...dataset.contract, document: rest } };
  const around = { ...at, address, path: [] };
  return overlaid({ [name]: whole }, raw, read.classify, around, files.matches, overlay)?.[name];
}

const overlay = { rule: 'contract-file', what: 'the contract' } as const;

type One = { readonly object: SchemaObject; readonly item: Item };

function datasetOf(
  { object, item }: One,
  name: string,
  { levels }: Marker,
  document: ContractDocument,
  at: At,
  table: Reader<Dataset>,
): { readonly dataset: Dataset; readonly kept: ReadRules['kept'] } | undefined {
  const { raw, literal, rules } = datasetNoun(object, item, name, levels);
  // The contract keeps a mistaken rule as it does one that is not executed: all else of it is read.
  for (const { said, problem, help, literal: where } of rules.mistakes)
    refuse(
      at,
      'bad-contract-rule',
      `quality rule ${said} of the contract ${problem}.`,
      help,
      document.placeAt(where?.offset ?? 0),
    );
  // Nouns of a contract are those that words make, whatever names the contract.
  const reading = { ...at.reading, isYaml: false };
  const read = table(raw, { ...at, reading, literal, placeAt: document.placeAt });
  if (read === undefined) return undefined;
  return { dataset: withRest(read, item, name, document.version), kept: rules.kept };
}

/** Quality rules that are not executed are told once for each contract, each with its reason. */
function tellKept(all: ReadRules['kept'], at: At, { placeAt }: ContractDocument): void {
  const kept = [...all].sort((a, b) => (a.literal?.offset ?? 0) - (b.literal?.offset ?? 0));
  const [first] = kept;
  if (first === undefined) return;
  const named = kept.slice(0, 8).map(({ said, reason }) => `${said} (${reason})`);
  at.reading.findings.push(
    finding({
      rule: 'contract-rule-kept',
      severity: 'warning',
      address: at.address,
      message: `${at.subject}: ${kept.length === 1 ? 'a quality rule of the contract is' : `${kept.length} quality rules of the contract are`} kept and not executed: ${named.join('; ')}${kept.length > 8 ? `; and ${kept.length - 8} more` : ''}.`,
      help: 'Say what must hold as a rule of the library of the standard, or as a check of the dataset; or leave it:  freehold export odcs  gives it back. docs/odcs.md has the rules that are executed.',
      at: placeAt(first.literal?.offset ?? 0),
    }),
  );
}

/** Types that no rule of reading knows are text, which a person should know once for each contract. */
function tellGuesses(objects: readonly One[], at: At, { placeAt }: ContractDocument): void {
  const guesses = objects.flatMap(({ object, item }) =>
    (object.properties ?? []).flatMap((property, index) =>
      typeOf(property).isGuess
        ? [{ object, property, literal: memberOf(item.literal, 'properties', String(index)) }]
        : [],
    ),
  );
  const [first] = guesses;
  if (first === undefined) return;
  const named = guesses.slice(0, 8).map(({ object, property }) => `${object.name}.${property.name}`);
  const type = first.property.physicalType ?? '';
  at.reading.findings.push(
    finding({
      rule: 'contract-type',
      severity: 'warning',
      address: at.address,
      message: `${at.subject}: the contract gives ${guesses.length === 1 ? 'a property' : `${guesses.length} properties`} no type that is known, so text is read: ${named.map((one) => `'${one}'`).join(', ')}${guesses.length > 8 ? ` and ${guesses.length - 8} more` : ''}${type === '' ? '' : `; the first is of type '${type}'`}.`,
      help: 'Write a common name of SQL as physicalType, such as varchar(40), or a logicalType. See docs/odcs.md.',
      at: placeAt((memberOf(first.literal, 'physicalType') ?? first.literal)?.offset ?? 0),
    }),
  );
}

function objectsOf({ contract, json, literal }: ContractDocument): readonly One[] {
  const items = itemsIn(json, literal, 'schema');
  return (contract.schema ?? []).flatMap((object, index) => {
    const item = items[index];
    return item === undefined ? [] : [{ object, item }];
  });
}

function placeOf({ literal }: Item, { placeAt }: ContractDocument) {
  return placeAt(literal?.offset ?? 0);
}

function openedContract(
  { file }: Marker,
  at: At,
  files: ContractFiles,
): { readonly document: ContractDocument; readonly object: string | null; readonly file: string } | undefined {
  const [path = '', object = null] = file.split(/#(.*)/s);
  const name = posix.join(posix.dirname(files.from), path);
  const content = name.endsWith('.odcs.yaml') ? files.schemas.text(name) : null;
  if (content === null) {
    const near = didYouMean(
      name,
      files.schemas.names.filter((one) => one.endsWith('.odcs.yaml')),
    );
    return refuse(
      at,
      'contract-file',
      `'${path}' names no contract of the model.${near}`,
      'Name a file that ends in .odcs.yaml, relative to the model file that exports the datastore.',
    );
  }
  const document = readDocument(name, content, at);
  return document === undefined ? undefined : { document, object, file: name };
}

function datastoreFacts(document: ContractDocument, at: At): DatastoreFacts {
  const { contract, version } = document;
  const freshness = freshnessOf(contract.slaProperties ?? []);
  const deprecated = deprecationOf(contract);
  const purpose = contract.description?.purpose ?? '';
  const tags = contract.tags ?? [];
  const facts: DatastoreFacts = {
    ...(purpose === '' ? {} : { doc: purpose }),
    ...(contract.version === noVersion || contract.version === '' ? {} : { version: contract.version }),
    ...(freshness === undefined ? {} : { promises: { freshness } }),
    ...(deprecated === undefined ? {} : { deprecated }),
    ...(tags.length === 0 ? {} : { tags }),
  };
  const canonical = canonicalDatastore({ address: at.address, changes: { mode: 'snapshot' }, datasets: {}, ...facts });
  return { ...facts, contract: restOf(document, documentFacts(canonical, null, version)) };
}

/** What a contract says before its schema, beyond the facts; its version always, since the facts depend on it. */
function restOf({ contract, json }: ContractDocument, facts: JsonObject): JsonObject {
  const { schema, ...said } = json;
  const isEmpty = Array.isArray(schema) && schema.length === 0;
  return { ...mergePatch(facts, said), apiVersion: contract.apiVersion, ...(isEmpty ? { schema } : {}) };
}

/** The datastore with what its contract says of it; of what runs or blocks, the two must not say different things. */
export function withFacts(datastore: Datastore, facts: DatastoreFacts, at: At): Datastore | undefined {
  for (const attribute of ['promises', 'deprecated'] as const) {
    const [here, there] = [datastore[attribute], facts[attribute]];
    if (here === undefined || there === undefined || canonicalJson(here) === canonicalJson(there)) continue;
    return refuse(
      memberAt(at, attribute, undefined),
      'contract-file',
      `'${attribute}' is said here and, otherwise, in its contract, and only one of them can hold.`,
      'Say it in one of them.',
    );
  }
  return { ...facts, ...datastore };
}
