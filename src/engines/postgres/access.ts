import type { ClientConfig } from 'pg';
import { EngineError } from '../../engine/connection.ts';
import type { Access } from '../../engine/engine.ts';

/**
 * The driver's configuration of an access. Everything is said, so that no PG* variable of the environment and no
 * ~/.pgpass speaks for us.
 */
export function clientConfig(access: Access, purpose: string): ClientConfig {
  const host = text(access, 'host') ?? '127.0.0.1';
  const password = text(access, 'password') ?? '';
  return {
    host,
    port: Number(access.fields.port ?? 5432),
    database: required(access, 'database'),
    user: required(access, 'user'),
    password: () => password,
    ssl: tls(text(access, 'ssl'), host, access),
    // The server cuts the name at 63 bytes and shows only ASCII.
    application_name: purpose.slice(0, 63),
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    connectionTimeoutMillis: 30_000,
  };
}

function tls(wanted: string | null, host: string, access: Access): ClientConfig['ssl'] {
  const isHere = host === 'localhost' || host === '::1' || host.startsWith('127.') || host.startsWith('/');
  switch (wanted ?? (isHere ? 'disable' : 'require')) {
    case 'disable':
      return false;
    case 'require':
      return { rejectUnauthorized: false };
    case 'verify':
      return { rejectUnauthorized: true };
    default:
      throw new EngineError(
        'statement',
        `${access.label}: ssl is '${wanted}'. It is one of 'disable', 'require' and 'verify'.`,
      );
  }
}

function text(access: Access, field: string): string | null {
  const found = access.fields[field];
  return found === undefined ? null : String(found);
}

function required(access: Access, field: string): string {
  const found = text(access, field);
  if (found === null) throw new EngineError('statement', `${access.label}: the container has no ${field}. Add it.`);
  return found;
}
