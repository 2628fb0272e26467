import type { EngineFacts, Facts } from '../../engine/facts.ts';

/** Two made-up engines: `big` can do everything; `small` holds short, case-insensitive names and no intervals, and is no source of changes. */
const big: EngineFacts = {
  engine: 'big',
  title: 'Big',
  fields: {
    database: { type: 'text', required: true, doc: 'name of the database' },
    port: { type: 'number', required: false, doc: 'port of the server' },
    password: { type: 'secret', required: false, doc: 'password of the role' },
    embedded: { type: 'boolean', required: false, doc: 'our own server' },
  },
  captures: ['snapshot', 'watermark', 'cdc'],
  store: true,
  replica: true,
  users: true,
  tableFunctions: true,
  versionsInOne: true,
  serves: ['lookup', 'reports', 'analytics'],
  identifierLimit: 63,
  caseInsensitiveNames: false,
  holds: (type) => ({ physical: type.kind }),
};

const small: EngineFacts = {
  ...big,
  engine: 'small',
  title: 'Small',
  captures: ['snapshot'],
  store: false,
  identifierLimit: 20,
  caseInsensitiveNames: true,
  holds: (type) => (type.kind === 'interval' ? { refused: 'it has no intervals' } : { physical: type.kind }),
};

const sink: EngineFacts = { ...big, engine: 'sink', title: 'Sink', captures: [], replica: false, versionsInOne: false };

export const testFacts: Facts = { big, small, sink };

/** The same, told apart by their databases. */
export const identifying: Facts = {
  ...testFacts,
  big: {
    ...big,
    fields: { ...big.fields, database: { type: 'text', required: true, doc: 'its name', identifies: 'in any case' } },
  },
};
