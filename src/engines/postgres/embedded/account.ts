import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { EngineError } from '../../../engine/connection.ts';

/** The operating system's account that the server runs as. `drop`: we are root, and must become it. */
export type Account = { readonly uid: number; readonly gid: number; readonly name: string; readonly drop: boolean };

/** What the account is decided from; a test passes its own. */
export type Host = {
  readonly uid: number;
  readonly gid: number;
  /** The name of our own uid; null where the system knows none. */
  readonly userName: () => string | null;
  /** Text in the form of /etc/passwd. */
  readonly passwd: () => string;
};

/** PostgreSQL refuses to run as root, so root becomes the existing account `nobody`; no account is ever made. */
export function serverAccount(host: Host = thisHost()): Account {
  if (host.uid !== 0) {
    const name = host.userName();
    if (name !== null) return { uid: host.uid, gid: host.gid, name, drop: false };
    throw new EngineError(
      'denied',
      `the embedded PostgreSQL cannot run as uid ${host.uid}, which has no entry in the system's list of users (initdb asks for its name). ` +
        'Run as a user that has one, or give a server of your own:  --postgres URL',
    );
  }
  for (const line of host.passwd().split('\n')) {
    const [name, , uid, gid] = line.split(':');
    // macOS writes -2 for the same unsigned number.
    if (name === 'nobody') return { uid: Number(uid) >>> 0, gid: Number(gid) >>> 0, name, drop: true };
  }
  throw new EngineError(
    'denied',
    "PostgreSQL does not run as root, and this system has no account 'nobody' to run it as. " +
      'Run as an ordinary user, or give a server of your own:  --postgres URL',
  );
}

function thisHost(): Host {
  return {
    uid: process.geteuid?.() ?? -1,
    gid: process.getegid?.() ?? -1,
    userName: () => {
      try {
        return userInfo().username;
      } catch {
        return null;
      }
    },
    passwd: () => readFileSync('/etc/passwd', 'utf8'),
  };
}

/** The part of spawn's options that makes a child run as the account; '/' can be entered by everyone. */
export function spawnAs(account: Account): { uid?: number; gid?: number; cwd: string } {
  return account.drop ? { uid: account.uid, gid: account.gid, cwd: '/' } : { cwd: '/' };
}
