import {
  boolean,
  filledText,
  invalid,
  isRecord,
  list,
  object,
  oneOf,
  optional,
  type Reader,
  required,
  text,
} from '../read/reader.ts';
import type { Rule } from './rule.ts';
import { apiVersions } from './version.ts';

/**
 * What of an ODCS document (bitol-io.github.io/open-data-contract-standard) has a word in the model. All else is kept as
 * it is, and is not read here.
 */
export type Contract = NonNullable<ReturnType<typeof readContractBody>>;

export type SchemaObject = NonNullable<ReturnType<typeof schemaObject>>;

/** What a property and the items of an array have in common. */
export type ItemProperty = {
  readonly physicalType?: string;
  readonly logicalType?: string;
  readonly logicalTypeOptions?: Readonly<Record<string, unknown>>;
  readonly items?: ItemProperty;
  readonly properties?: readonly Property[];
  readonly map?: { readonly key: ItemProperty; readonly value: ItemProperty };
  readonly enum?: readonly { readonly value?: unknown }[];
};

export type Property = ItemProperty & {
  readonly name: string;
  readonly physicalName?: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly primaryKey?: boolean;
  readonly primaryKeyPosition?: number;
  readonly classification?: string;
  readonly tags?: readonly string[];
  readonly quality?: readonly Rule[];
  readonly customProperties?: readonly CustomProperty[];
};

export type CustomProperty = { readonly property: string; readonly value?: unknown };

/** An object of which these members are read, and any others let be; one that is null is not there. */
function open<T>(reader: Reader<T>, ...members: readonly string[]): Reader<T> {
  return (raw, at) => {
    if (!isRecord(raw)) return invalid(raw, at, 'an object');
    const known = Object.entries(raw).filter(([name, value]) => members.includes(name) && value !== null);
    return reader(Object.fromEntries(known), at);
  };
}

function opened<S extends Parameters<typeof object>[0]>(shape: S) {
  return open(object(shape), ...Object.keys(shape));
}

const anything: Reader<unknown> = (raw) => raw;
const position: Reader<number> = (raw, at) =>
  typeof raw === 'number' && Number.isSafeInteger(raw) ? raw : invalid(raw, at, 'a whole number');
const anyObject: Reader<Readonly<Record<string, unknown>>> = (raw, at) =>
  isRecord(raw) ? raw : invalid(raw, at, 'an object');

const customProperties = list(opened({ property: required(text), value: optional(anything) }));

/** Each is looked at by itself, with the columns that it is of. */
const quality = optional(list(anyObject));

const logicalType = oneOf(
  'string',
  'date',
  'timestamp',
  'time',
  'number',
  'integer',
  'object',
  'array',
  'boolean',
  'map',
);

const nested = {
  physicalType: optional(text),
  logicalType: optional(logicalType),
  logicalTypeOptions: optional(anyObject),
  items: optional<ItemProperty>((raw, at) => itemProperty(raw, at)),
  properties: optional<readonly Property[]>((raw, at) => list(property)(raw, at)),
  map: optional(
    opened({
      key: required<ItemProperty>((raw, at) => itemProperty(raw, at)),
      value: required<ItemProperty>((raw, at) => itemProperty(raw, at)),
    }),
  ),
  enum: optional(list(opened({ value: optional(anything) }))),
};

const itemProperty: Reader<ItemProperty> = opened(nested);

const property: Reader<Property> = opened({
  ...nested,
  name: required(filledText),
  physicalName: optional(text),
  description: optional(text),
  required: optional(boolean),
  primaryKey: optional(boolean),
  primaryKeyPosition: optional(position),
  classification: optional(text),
  tags: optional(list(text)),
  quality,
  customProperties: optional(customProperties),
});

const schemaObject = opened({
  name: required(filledText),
  physicalName: optional(text),
  description: optional(text),
  tags: optional(list(text)),
  properties: optional(list(property)),
  quality,
  customProperties: optional(customProperties),
});

const serviceLevel = opened({
  property: required(text),
  value: optional(anything),
  unit: optional(text),
  element: optional(text),
});

const server = opened({ server: required(text), type: optional(text), host: optional(text), database: optional(text) });

export const readContractBody = opened({
  apiVersion: required(oneOf(...apiVersions)),
  kind: required(oneOf('DataContract')),
  id: required(text),
  version: required(text),
  status: optional(text),
  name: optional(text),
  dataProduct: optional(text),
  domain: optional(text),
  description: optional(opened({ purpose: optional(text) })),
  tags: optional(list(text)),
  schema: optional(list(schemaObject)),
  slaProperties: optional(list(serviceLevel)),
  servers: optional(list(server)),
});
