import { UseError } from '../exit.ts';

/** A database's address in parts; the password is apart so that it goes to the secrets and nowhere else. */
export type DatabaseUrl = {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | null;
  readonly ssl: string | null;
};

/** `postgres://user:password@host:5432/database?sslmode=require`. Errors: UseError, which never holds the password. */
export function parseDatabaseUrl(text: string): DatabaseUrl {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    throw new UseError('This is no PostgreSQL address. One looks like  postgres://user@host:5432/database');
  }
  const database = decodeURIComponent(url.pathname.slice(1));
  if (database === '' || url.hostname === '') {
    throw new UseError('The address names no database or no host. One looks like  postgres://user@host:5432/database');
  }
  const mode = url.searchParams.get('sslmode');
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 5432 : Number(url.port),
    database,
    user: decodeURIComponent(url.username) || 'postgres',
    password: url.password === '' ? (process.env.PGPASSWORD ?? null) : decodeURIComponent(url.password),
    ssl: mode === null ? null : (sslModes[mode] ?? null),
  };
}

/** libpq's words for what our containers call disable, require and verify. */
const sslModes: Readonly<Record<string, string>> = {
  disable: 'disable',
  allow: 'disable',
  prefer: 'disable',
  require: 'require',
  'verify-ca': 'verify',
  'verify-full': 'verify',
};
