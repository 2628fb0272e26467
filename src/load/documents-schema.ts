import { kindsOfObjects, noFiles } from './definition.ts';
import { predicateSchema } from './read/policy.ts';
import { isRecord } from './read/reader.ts';
import { type Schema, schemaOf } from './read/schema.ts';

/** JSON Schema of one YAML document, for editors: from the readers themselves. Published as docs/schemas/model.schema.json. */
export function documentsSchema(): Schema {
  const kinds = Object.entries(kindsOfObjects(noFiles));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Freehold model',
    description: 'One object of a model, as a YAML document.',
    anyOf: kinds.map(([kind, { named, reader }]) => {
      const { properties, required, ...rest } = schemaOf(reader);
      const { [named]: name, ...others } = isRecord(properties) ? properties : {};
      const needed: readonly unknown[] = Array.isArray(required) ? required : [];
      return {
        title: kind,
        ...rest,
        properties: { [kind]: name, ...others },
        required: [kind, ...needed.filter((one) => one !== named)],
      };
    }),
    definitions: { predicate: predicateSchema() },
  };
}
