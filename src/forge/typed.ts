import type { Origin } from '../review/origin.ts';

/**
 * Origins that no forge vouches for: typed by a person, or read off a clone's remote. A verdict by one is unofficial.
 */

/**
 * `github.com/acme/sales-data`: a repository, known by its name; `github.com/user/11`: an approver, by number. All of one
 * host. Null where one of them is neither.
 */
export function typedOrigin(words: readonly string[]): Origin | null {
  let origin: Origin | null = null;
  for (const word of words) {
    const [host = '', ...path] = word
      .replace(/^https?:\/\//, '')
      .replace(/\/$/, '')
      .split('/');
    if (host === '' || path.length < 2 || path.some((part) => part === '')) return null;
    if (origin !== null && origin.host !== host) return null;
    const so: Origin = origin ?? { host, repository: null, approvers: [], isOfficial: false };
    const isUser = path.length === 2 && path[0] === 'user' && /^[1-9][0-9]{0,15}$/.test(path[1] ?? '');
    if (!isUser && so.repository !== null) return null;
    origin = isUser
      ? { ...so, approvers: [...so.approvers, Number(path[1])] }
      : { ...so, repository: { id: null, name: path.join('/') } };
  }
  return origin;
}

/** What the address of a remote says: `git@github.com:acme/mesh.git`, `https://github.com/acme/mesh`. Null where it names no forge. */
export function remoteOrigin(address: string): Origin | null {
  const short = /^(?:[^@/:\s]+@)?([\w.-]+):(?!\/\/)([^\s]+)$/.exec(address);
  const url = short === null && URL.canParse(address) ? new URL(address) : null;
  const host = short?.[1] ?? url?.host ?? '';
  const path = (short?.[2] ?? url?.pathname ?? '')
    .replace(/^\/+/, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  if (url !== null && !['https:', 'http:', 'ssh:', 'git:'].includes(url.protocol)) return null;
  // A single letter is a drive of Windows.
  if (host.length < 2 || !path.includes('/')) return null;
  return { host: host.replace(/:22$/, ''), repository: { id: null, name: path }, approvers: [], isOfficial: false };
}
