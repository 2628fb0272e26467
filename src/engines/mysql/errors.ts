import { EngineError, type EngineErrorKind } from '../../engine/connection.ts';
import type { Access } from '../../engine/engine.ts';

/** The world's failure in our words. `label` is the access's; a password is in none of the texts that reach us. */
export function engineError(failure: unknown, access: Access): EngineError {
  if (failure instanceof EngineError) return failure;
  const { label } = access;
  const errno = numberOf(failure, 'errno');
  const code = textOf(failure, 'code');
  const message = textOf(failure, 'sqlMessage') ?? textOf(failure, 'message') ?? String(failure);
  const kind = kindOf(errno, code, message);
  const say = (text: string) => new EngineError(kind, text, { code, cause: failure });
  switch (code) {
    case 'ECONNREFUSED':
      return say(`nobody answers at ${placeOf(access)} (${label}). Is the server started, and the port right?`);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return say(`the name '${String(access.fields.host)}' leads nowhere (${label}). Check the host and the network.`);
    case 'HANDSHAKE_NO_SSL_SUPPORT':
      return say(`${label} does not speak TLS. Switch it on at the server, or say ssl: 'disable'.`);
    default:
  }
  switch (errno) {
    case 1045:
    case 1698:
      return say(
        `${label} refused '${String(access.fields.user)}': ${message}. Check the secret that the container names, and from which hosts the account may log in.`,
      );
    case 1049:
      return say(
        `${label}: there is no database '${String(access.fields.database)}'. Create it, or correct the container.`,
      );
    case 1040:
    case 1203:
      return say(`${label} has no free connection: ${message}. Raise max_connections, or close some.`);
    case 3159:
      return say(`${label} takes only encrypted connections. Say ssl: 'require' or 'verify'.`);
    default:
  }
  if (isUntrusted(code, message)) {
    return say(
      `the certificate of ${label} cannot be trusted: ${message}. Name its authority in NODE_EXTRA_CA_CERTS, or say ssl: 'require' to encrypt without checking it.`,
    );
  }
  if (kind === 'unreachable' && (errno === null || errno < 1000))
    return say(`the connection to ${label} broke: ${message}`);
  return say(`${label}: ${message}`);
}

function kindOf(errno: number | null, code: string | null, message: string): EngineErrorKind {
  // Numbers of the operating system are negative, those of the server from 1000 on.
  if (errno !== null && errno >= 1000) return kinds.get(errno) ?? 'statement';
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT' || isUntrusted(code, message)) return 'denied';
  if (code !== null && (/^(E[A-Z]+|EAI_\w+|PROTOCOL_\w+)$/.test(code) || code === 'HANDSHAKE_SSL_ERROR'))
    return 'unreachable';
  return /closed state|closed by us|Connection lost/i.test(message) ? 'unreachable' : 'statement';
}

/** Node's codes of a certificate that it does not trust, or what it says where the driver has put its own code over them. */
function isUntrusted(code: string | null, message: string): boolean {
  if (code === 'HANDSHAKE_SSL_ERROR') return /certificate|altnames/i.test(message);
  return code !== null && /^(ERR_TLS|CERT_|DEPTH_|SELF_|UNABLE_TO)/.test(code);
}

/** https://mariadb.com/kb/en/mariadb-error-code-reference/, https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html */
const kinds: ReadonlyMap<number, EngineErrorKind> = new Map([
  ...of('denied', 1044, 1045, 1142, 1143, 1227, 1251, 1370, 1410, 1698, 1820, 3118, 3159, 4151),
  ...of('missing', 1049, 1051, 1109, 1146, 1236, 1305),
  ...of('conflict', 1205, 1213, 3572),
  ...of('unreachable', 1040, 1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1203, 1226, 1927, 2006, 2013),
  ...of('unreachable', 4031),
  ...of('space', 1021, 1037, 1038, 1041, 1114, 1135, 1206),
]);

function of(kind: EngineErrorKind, ...numbers: readonly number[]): readonly (readonly [number, EngineErrorKind])[] {
  return numbers.map((errno) => [errno, kind]);
}

function textOf(failure: unknown, member: 'code' | 'message' | 'sqlMessage'): string | null {
  if (typeof failure !== 'object' || failure === null || !(member in failure)) return null;
  const found: unknown = Reflect.get(failure, member);
  return typeof found === 'string' && found !== '' ? found : null;
}

function numberOf(failure: unknown, member: 'errno'): number | null {
  if (typeof failure !== 'object' || failure === null || !(member in failure)) return null;
  const found: unknown = Reflect.get(failure, member);
  return typeof found === 'number' ? found : null;
}

function placeOf(access: Access): string {
  return `${String(access.fields.host ?? 'localhost')}:${String(access.fields.port ?? 3306)}`;
}
