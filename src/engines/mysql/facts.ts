import type { EngineFacts } from '../../engine/facts.ts';
import { render } from '../../sql/render.ts';
import { mysqlDialect } from './dialect.ts';
import { physicalType, refusal } from './types.ts';

/** One engine for MySQL and MariaDB: the server says which it is. */
export const mysqlFacts: EngineFacts = {
  engine: 'mysql',
  title: 'MySQL',
  fields: {
    host: {
      type: 'text',
      required: true,
      doc: 'name or address of the server, MySQL or MariaDB',
      identifies: 'in any case',
    },
    port: {
      type: 'number',
      required: false,
      doc: 'port of the server; 3306 when absent',
      identifies: 'exactly',
      absent: 3306,
    },
    database: {
      type: 'text',
      required: true,
      doc: "name of the database; where a dataset's from says none, its table is there",
      identifies: 'exactly',
    },
    user: { type: 'text', required: true, doc: 'account that we log in as' },
    password: { type: 'secret', required: false, doc: "name of the account's password: secret('...')" },
    ssl: {
      type: 'text',
      required: false,
      doc: "'disable', 'require' (encrypted) or 'verify' (and the certificate checked); absent: disable on this machine, else require",
    },
  },
  captures: ['snapshot', 'watermark', 'cdc'],
  store: false,
  replica: false,
  users: true,
  tableFunctions: false,
  serves: [],
  identifierLimit: mysqlDialect.identifierLimit,
  caseInsensitiveNames: false,
  caseInsensitiveKeys: true,
  defaultSchema: { field: 'database' },
  holds: (type) => {
    const reason = refusal(type);
    return reason === null ? { physical: render(physicalType(type), mysqlDialect).text } : { refused: reason };
  },
};
