import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { didYouMean } from '../findings/near-name.ts';
import { type Chunk, chunkOf } from './chunk.ts';
import { definitionOf, kindsOfObjects, noFiles } from './definition.ts';
import type { Limits } from './limits.ts';
import { type Entered, enteredAt, type Reading } from './read/at.ts';
import type { SchemaFiles } from './read/datastore.ts';
import { literalWith, memberOf } from './read/literals.ts';
import { isRecord } from './read/reader.ts';
import { schemaOf } from './read/schema.ts';
import type { Came } from './root.ts';
import type { Sandbox } from './sandbox/evaluate.ts';
import { type PlaceAt, placesIn } from './sandbox/text.ts';
import { readYamlDocuments, type YamlValue } from './schema/yaml.ts';

export function isYamlFile(file: string): boolean {
  return file.endsWith('.yaml') || file.endsWith('.yml');
}

/** The objects of a YAML file, one a document. */
export async function readYamlRoot(
  file: string,
  text: string,
  data: SchemaFiles,
  limits: Limits,
  sandbox: () => Promise<Sandbox>,
): Promise<Came> {
  const placeAt = placesIn(file, text);
  const findings: Finding[] = [];
  const documents = readYamlDocuments(text);
  const broken = documents.find((one) => 'problem' in one);
  if (broken !== undefined && 'problem' in broken) {
    const { problem, offset } = broken;
    const message = `this is no YAML that a model can be read from: ${problem}.`;
    findings.push(finding({ rule: 'syntax-error', message, help: 'Correct the file.', at: placeAt(offset) }));
    return { chunks: [], findings, imports: [], isEmpty: false };
  }
  const read = (own: SchemaFiles) =>
    documents.flatMap((one) => ('problem' in one ? [] : (objectOf(one, placeAt, own, findings) ?? [])));
  // Patterns of `classify` run in the sandbox, as those of other files do.
  const hasPatterns = text.includes('classify');
  if (!hasPatterns) return { chunks: read(data), findings, imports: [], isEmpty: documents.length === 0 };
  const outcome = (await sandbox()).evaluate(
    { root: '/nothing', others: [], code: () => '', resolve: (_, specifier) => specifier },
    limits,
    (_, matches) => read({ ...data, matches }),
  );
  if (outcome.kind === 'threw') throw new Error(`bug: an empty module threw ${outcome.message}`);
  return { chunks: outcome.value, findings, imports: [], isEmpty: false };
}

const kinds = kindsOfObjects(noFiles);

/** `datastore: retail/sales/orders` says what it is and what it is called; the rest are its attributes. */
function objectOf(document: YamlValue, placeAt: PlaceAt, data: SchemaFiles, findings: Finding[]): Chunk | null {
  const { raw, literal } = document;
  const start = placeAt(literal.offset);
  const refuse = (message: string, help: string, at = start) => {
    findings.push(finding({ rule: 'missing-attribute', message, help, at }));
    return null;
  };
  const all = Object.keys(kinds);
  if (!isRecord(raw))
    return refuse('this document is no object of a model.', `Begin with one of ${all.join(': ..., ')}: ...`);
  const said = Object.keys(raw).filter(isKind);
  // A consent has a mesh, and a declassification a zone: what others have as an attribute is one there.
  const fitting = said.filter((one) => said.every((other) => other === one || attributes(one).has(other)));
  const [kind, another] = fitting.length === 1 ? fitting : said;
  if (kind === undefined) {
    const [near = ''] = Object.keys(raw)
      .map((name) => didYouMean(name, all))
      .filter((one) => one !== '');
    return refuse(
      `this document does not say what it is, so nothing is made of it.${near}`,
      `Name it by its kind, one of ${all.join(': ..., ')}: ...`,
    );
  }
  if (another !== undefined) {
    return refuse(
      `this document says that it is a ${kind} and a ${another}.`,
      'Write each as a document of its own, with --- between them.',
      placeAt(memberOf(literal, another)?.offset ?? literal.offset),
    );
  }
  const { [kind]: name, ...rest } = raw;
  const { named } = kinds[kind];
  const noun = { ...rest, [named]: name };
  const offset = memberOf(literal, kind)?.offset ?? literal.offset;
  const members = literalWith(offset, literal.members(), { [named]: memberOf(literal, kind) });
  const reading: Reading = { findings, isYaml: true, places: new Map(), marked: () => null };
  const enter = (entered: Entered) => enteredAt(reading, entered, members, placeAt);
  const defined = definitionOf(kind, noun, data, enter, start);
  return defined === null ? null : chunkOf(defined, defined.at, reading.places);
}

const known = new Map<string, ReadonlySet<string>>();

function attributes(kind: keyof typeof kinds): ReadonlySet<string> {
  const former = known.get(kind);
  if (former !== undefined) return former;
  const { properties } = schemaOf(kinds[kind].reader);
  const names = new Set(Object.keys(isRecord(properties) ? properties : {}));
  known.set(kind, names);
  return names;
}

function isKind(name: string): name is keyof typeof kinds {
  return Object.hasOwn(kinds, name);
}
