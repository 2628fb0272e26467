import type { EngineFacts } from '../../engine/facts.ts';
import { render } from '../../sql/render.ts';
import { postgresDialect } from './dialect.ts';
import { physicalType, refusal } from './types.ts';

export const postgresFacts: EngineFacts = {
  engine: 'postgres',
  title: 'PostgreSQL',
  fields: {
    host: {
      type: 'text',
      required: false,
      doc: 'name or address of the server; not together with embedded',
      identifies: 'in any case',
    },
    port: {
      type: 'number',
      required: false,
      doc: 'port of the server; 5432 when absent',
      identifies: 'exactly',
      absent: 5432,
    },
    database: { type: 'text', required: true, doc: 'name of the database', identifies: 'exactly' },
    user: { type: 'text', required: false, doc: 'role that we log in as; not together with embedded' },
    password: { type: 'secret', required: false, doc: "name of the role's password: secret('...')" },
    ssl: {
      type: 'text',
      required: false,
      doc: "'disable', 'require' (encrypted) or 'verify' (and the certificate checked); absent: disable on this machine, else require",
    },
    embedded: {
      type: 'boolean',
      required: false,
      doc: 'a PostgreSQL of our own, kept beside the mesh',
      identifies: 'exactly',
      absent: false,
    },
  },
  captures: ['snapshot', 'watermark', 'cdc'],
  store: true,
  replica: true,
  users: true,
  tableFunctions: true,
  versionsInOne: true,
  serves: ['lookup', 'reports', 'analytics'],
  identifierLimit: postgresDialect.identifierLimit,
  caseInsensitiveNames: false,
  // 1,600 and 32 (https://www.postgresql.org/docs/current/limits.html), less the columns that versions have besides.
  columnLimit: 1590,
  keyLimit: 30,
  holds: (type) => {
    const reason = refusal(type);
    return reason === null ? { physical: render(physicalType(type), postgresDialect).text } : { refused: reason };
  },
};
