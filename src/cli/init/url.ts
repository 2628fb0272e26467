import { UseError } from '../exit.ts';

/** A database's address in parts; the password is apart so that it goes to the secrets and nowhere else. */
export type DatabaseUrl = {
  readonly engine: SourceEngine;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | null;
  readonly ssl: string | null;
};

type SourceEngine = 'postgres' | 'mysql';

/**
 * `postgres://user:password@host:5432/database?sslmode=require`, `mysql://...?ssl-mode=REQUIRED`, `mariadb://...`. `only`:
 * the engine that can be used here. Errors: UseError, which never holds the password.
 */
export function parseDatabaseUrl(text: string, only?: SourceEngine): DatabaseUrl {
  const url = URL.canParse(text) ? new URL(text) : null;
  const engine = url === null ? undefined : schemes[url.protocol];
  if (url === null || engine === undefined || (only !== undefined && engine !== only)) {
    throw new UseError(
      only === undefined
        ? `This is no address of a database that can be described. One looks like  ${looks}`
        : 'This is no PostgreSQL address. One looks like  postgres://user@host:5432/database',
    );
  }
  const { user, port, passwordVariable } = usual[engine];
  const database = decodeURIComponent(url.pathname.slice(1));
  if (database === '' || url.hostname === '') {
    throw new UseError(`The address names no database or no host. One looks like  ${looks}`);
  }
  const mode = url.searchParams.get('sslmode') ?? url.searchParams.get('ssl-mode');
  return {
    engine,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? port : Number(url.port),
    database,
    user: decodeURIComponent(url.username) || user,
    password: url.password === '' ? (process.env[passwordVariable] ?? null) : decodeURIComponent(url.password),
    ssl: mode === null ? null : (sslModes[mode.toLowerCase().replaceAll('_', '-')] ?? null),
  };
}

const looks = 'postgres://user@host:5432/database  or  mysql://user@host:3306/database';

const schemes: Readonly<Record<string, SourceEngine>> = {
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
  'mysql:': 'mysql',
  'mariadb:': 'mysql',
};

const usual = {
  postgres: { user: 'postgres', port: 5432, passwordVariable: 'PGPASSWORD' },
  mysql: { user: 'root', port: 3306, passwordVariable: 'MYSQL_PWD' },
} as const;

/** The words of libpq and of MySQL's programs for what our containers call disable, require and verify. */
const sslModes: Readonly<Record<string, string>> = {
  disable: 'disable',
  disabled: 'disable',
  allow: 'disable',
  prefer: 'disable',
  preferred: 'disable',
  require: 'require',
  required: 'require',
  'verify-ca': 'verify',
  'verify-full': 'verify',
  'verify-identity': 'verify',
};
