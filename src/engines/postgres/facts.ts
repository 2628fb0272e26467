import type { EngineFacts } from '../../engine/facts.ts';
import { render } from '../../sql/render.ts';
import { postgresDialect } from './dialect.ts';
import { physicalType, refusal } from './types.ts';

export const postgresFacts: EngineFacts = {
  engine: 'postgres',
  title: 'PostgreSQL',
  fields: {
    host: { type: 'text', required: false, doc: 'name or address of the server; not together with embedded' },
    port: { type: 'number', required: false, doc: 'port of the server; 5432 when absent' },
    database: { type: 'text', required: true, doc: 'name of the database' },
    user: { type: 'text', required: false, doc: 'role that we log in as; not together with embedded' },
    password: { type: 'secret', required: false, doc: "name of the role's password: secret('...')" },
    ssl: {
      type: 'text',
      required: false,
      doc: "'disable', 'require' (encrypted) or 'verify' (and the certificate checked); absent: disable on this machine, else require",
    },
    embedded: { type: 'boolean', required: false, doc: 'a PostgreSQL of our own, kept beside the mesh' },
  },
  captures: ['snapshot', 'cdc'],
  store: true,
  replica: true,
  users: true,
  tableFunctions: true,
  serves: ['lookup', 'reports', 'analytics'],
  identifierLimit: postgresDialect.identifierLimit,
  caseInsensitiveNames: false,
  holds: (type) => {
    const reason = refusal(type);
    return reason === null ? { physical: render(physicalType(type), postgresDialect).text } : { refused: reason };
  },
};
