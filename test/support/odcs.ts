import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Ajv2019 } from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { canonicalJson, type Json } from '../../src/base/digest.ts';
import { contractsOf } from '../../src/export/odcs/contracts.ts';
import type { Loaded } from '../../src/load/load.ts';
import type { Version } from '../../src/load/odcs/version.ts';
import { loaded, mesh } from '../../src/load/testing/model.ts';
import type { Datastore } from '../../src/model/model.ts';

const beside = new URL('../../../shared/data/', import.meta.url);
const schemas = new URL('schemas/odcs/', beside);
const examplesFolder = new URL('odcs-examples/', beside);
const ours = new URL('../odcs/', import.meta.url);

/** Are the standard's own schemas and examples beside the project? */
export const hasStandard = existsSync(schemas) && existsSync(examplesFolder);
if (!hasStandard)
  console.warn("skipped: the standard's schemas and examples are not beside the project (../shared/data)");

/** Contracts by name: our own, and the standard's where they are there. */
export function contracts(): readonly (readonly [name: string, text: string])[] {
  return [ours, ...(hasStandard ? [examplesFolder] : [])].flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.odcs.yaml'))
      .map((file) => [file.replace('.odcs.yaml', ''), readFileSync(new URL(file, folder), 'utf8')] as const),
  );
}

/** The document that a text is; timestamps are texts. */
export function documentIn(text: string): Record<string, Json> {
  return parse(text, { schema: 'core' });
}

/** What a published schema has against a document; empty where it is valid. */
export function odcsErrors(version: '3.0.2' | '3.1.0' | '3.2.0', document: unknown): readonly string[] {
  const known = validators.get(version);
  const validate = known ?? compiled(version);
  validators.set(version, validate);
  validate(document);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const validators = new Map<string, ReturnType<typeof compiled>>();

function compiled(version: string) {
  const ajv = new Ajv2019({ strict: false, allErrors: true });
  addFormats.default(ajv);
  return ajv.compile(JSON.parse(readFileSync(new URL(`odcs-json-schema-v${version}.json`, schemas), 'utf8')));
}

/** A model whose datastore retail/sales/orders is a contract. */
export function ofContract(text: string, more = ''): Promise<Loaded> {
  return loaded({
    ...mesh,
    'o/orders.odcs.yaml': text,
    'o/orders.ts': `import { datastore, fromContract, snapshot } from 'freehold';
export default datastore('retail/sales/orders', {
  source: 'shop',
  changes: snapshot(),
  datasets: fromContract('./orders.odcs.yaml'${more}),
});
`,
  });
}

/** The datastore of such a model. */
export async function datastoreOf(text: string): Promise<Datastore> {
  const { model, findings } = await ofContract(text);
  const datastore = model?.datastores['retail/sales/orders'];
  if (datastore === undefined) throw new Error(findings.map(({ message }) => message).join('\n'));
  return datastore;
}

/** What export gives for it: one contract. */
export function exported(datastore: Datastore, version: Version = '3.1'): Record<string, Json | undefined> {
  const [one, ...more] = contractsOf(datastore, version);
  if (one === undefined || more.length > 0) throw new Error('one contract was expected');
  return { ...one.document };
}

/** One text for equal documents: the objects of a schema have no order, nor have members. */
export function normal(document: Record<string, Json | undefined>): string {
  const { schema, ...rest } = document;
  const objects = Array.isArray(schema) ? schema.map((one: Json) => canonicalJson(one)).sort() : null;
  return canonicalJson({ ...rest, ...(objects === null ? {} : { schema: objects }) });
}

/** A small contract, whose last property is open for more; and one of an object more. */
export const customers = `apiVersion: v3.1.0
kind: DataContract
id: customers
version: 1.0.0
status: active
schema:
  - name: Customers
    physicalName: crm.customers
    properties:
      - name: CustomerID
        logicalType: integer
        physicalType: int
        primaryKey: true
      - name: Mail
        logicalType: string
        physicalType: varchar(80)
        classification: restricted
`;
export const twoObjects = customers.replace('schema:\n', 'schema:\n  - { name: others }\n');
