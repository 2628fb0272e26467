import { EngineError, type EngineErrorKind } from '../../engine/connection.ts';
import type { Access } from '../../engine/engine.ts';

/** The world's failure in our words. `label` is the access's; a password is in none of the texts that reach us. */
export function engineError(failure: unknown, access: Access): EngineError {
  if (failure instanceof EngineError) return failure;
  const { label } = access;
  const code = textOf(failure, 'code');
  const message = textOf(failure, 'message') ?? String(failure);
  const kind = kindOf(code, message);
  const say = (text: string) => new EngineError(kind, text, { code, cause: failure });
  switch (code) {
    case 'ECONNREFUSED':
      return say(`nobody answers at ${placeOf(access)} (${label}). Is the server started, and the port right?`);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return say(`the name '${String(access.fields.host)}' leads nowhere (${label}). Check the host and the network.`);
    case '28P01':
      return say(
        `${label} refused the password of '${userOf(access)}'. Check the secret that the container names, or the address given to init.`,
      );
    case '28000':
      return say(
        `${label} does not let '${userOf(access)}' in: ${message}. Check the role and the server's pg_hba.conf.`,
      );
    case '42601':
      // The server speaks of prepared statements, which nobody asked for.
      if (!/multiple commands/.test(message)) break;
      return say(`${label}: one statement at a time. Ask again with one alone.`);
    case '23505':
      // Which key it is, the message alone does not say.
      return say(`${label}: ${message}. ${textOf(failure, 'detail') ?? ''}`.trim());
    case '3D000':
      return say(
        `${label}: there is no database '${String(access.fields.database)}'. Create it, or correct the container.`,
      );
    case '53300':
      return say(`${label} has no free connection: ${message}. Raise max_connections, or close some.`);
    default:
  }
  if (code !== null && certificate.test(code)) {
    return say(
      `the certificate of ${label} cannot be trusted: ${message}. Name its authority in NODE_EXTRA_CA_CERTS, or say ssl: 'require' to encrypt without checking it.`,
    );
  }
  if (/server does not support SSL/i.test(message)) {
    return new EngineError(
      'denied',
      `${label} does not speak TLS. Switch it on at the server, or say ssl: 'disable'.`,
      {
        cause: failure,
      },
    );
  }
  if (/password must be a (non-empty )?string/i.test(message)) {
    return new EngineError(
      'denied',
      `${label} asks for a password and none was given. Add  password: secret('...')  to the container; init takes it from PGPASSWORD.`,
      { cause: failure },
    );
  }
  if (kind === 'unreachable' && (code === null || !/^[0-9A-Z]{5}$/.test(code))) {
    return say(`the connection to ${label} broke: ${message}`);
  }
  return say(`${label}: ${message}`);
}

function kindOf(code: string | null, message: string): EngineErrorKind {
  if (code === null || !/^[0-9A-Z]{5}$/.test(code)) {
    if (code !== null && (/^E[A-Z]+$/.test(code) || code.startsWith('EAI_'))) return 'unreachable';
    if (/terminated|timeout expired|not queryable|connection error/i.test(message)) return 'unreachable';
    return code !== null && certificate.test(code) ? 'denied' : 'statement';
  }
  return kinds[code] ?? kinds[code.slice(0, 2)] ?? 'statement';
}

/** Node's codes of a certificate that it does not trust. */
const certificate = /^(ERR_TLS|CERT_|DEPTH_|SELF_|UNABLE_TO)/;

/** By SQLSTATE, else by its class: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const kinds: Readonly<Record<string, EngineErrorKind>> = {
  '08': 'unreachable',
  '08P01': 'statement',
  '28': 'denied',
  '42501': 'denied',
  '3D000': 'missing',
  '3F000': 'missing',
  '42P01': 'missing',
  '42704': 'missing',
  '42883': 'missing',
  '40': 'conflict',
  '55P03': 'conflict',
  '55006': 'conflict',
  '53': 'space',
  '53300': 'unreachable',
  '57P01': 'unreachable',
  '57P02': 'unreachable',
  '57P03': 'unreachable',
  '57P05': 'unreachable',
  '58': 'unreachable',
};

function textOf(failure: unknown, member: 'code' | 'message' | 'detail'): string | null {
  if (typeof failure !== 'object' || failure === null || !(member in failure)) return null;
  const found: unknown = Reflect.get(failure, member);
  return typeof found === 'string' && found !== '' ? found : null;
}

function userOf(access: Access): string {
  return String(access.fields.user ?? '');
}

function placeOf(access: Access): string {
  return `${String(access.fields.host ?? 'localhost')}:${String(access.fields.port ?? 5432)}`;
}
