import type { ConnectionOptions } from 'mysql2';
import { EngineError } from '../../engine/connection.ts';
import type { Access } from '../../engine/engine.ts';

/** The driver's configuration of an access. */
export function connectionOptions(access: Access, purpose: string): ConnectionOptions {
  const host = text(access, 'host') ?? '127.0.0.1';
  const ssl = tls(text(access, 'ssl'), host, access);
  return {
    host,
    port: Number(access.fields.port ?? 3306),
    database: required(access, 'database'),
    user: required(access, 'user'),
    password: text(access, 'password') ?? '',
    ...(ssl === null ? {} : { ssl }),
    charset: 'UTF8MB4_BIN',
    // Seen in performance_schema.session_connect_attrs.
    connectAttributes: { program_name: purpose.slice(0, 64) },
    connectTimeout: 30_000,
    enableKeepAlive: true,
    keepAliveInitialDelay: 30_000,
    // A server must not read our files; and our own statements have no attributes in front.
    flags: ['-LOCAL_FILES', '-IGNORE_SPACE', '-CLIENT_QUERY_ATTRIBUTES', '-SESSION_TRACK', '-ODBC'],
    rowsAsArray: true,
    dateStrings: true,
    jsonStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    maxPreparedStatements: 16,
  };
}

function tls(wanted: string | null, host: string, access: Access): Tls | null {
  const isHere = host === 'localhost' || host === '::1' || host.startsWith('127.');
  switch (wanted ?? (isHere ? 'disable' : 'require')) {
    case 'disable':
      return null;
    case 'require':
      return { rejectUnauthorized: false };
    case 'verify':
      return { rejectUnauthorized: true, verifyIdentity: true };
    default:
      throw new EngineError(
        'statement',
        `${access.label}: ssl is '${wanted}'. It is one of 'disable', 'require' and 'verify'.`,
      );
  }
}

type Tls = { readonly rejectUnauthorized: boolean; readonly verifyIdentity?: boolean };

function text(access: Access, field: string): string | null {
  const found = access.fields[field];
  return found === undefined ? null : String(found);
}

function required(access: Access, field: string): string {
  const found = text(access, field);
  if (found === null) throw new EngineError('statement', `${access.label}: the container has no ${field}. Add it.`);
  return found;
}
