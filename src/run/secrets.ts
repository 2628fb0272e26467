import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../engine/connection.ts';

/** The value of a secret by its name. Errors: EngineError 'missing' or 'denied', which never hold the value. */
export type Secrets = (name: string) => Promise<string>;

/**
 * Secrets from environment variables (`FREEHOLD_SECRET_SHOP_READER` for 'shop-reader'), else from files of the model's
 * directory that only their owner may read (`.freehold/secrets/shop-reader`).
 */
export function secretsOf(root: string, environment: Readonly<Record<string, string | undefined>>): Secrets {
  return async (secret) => {
    const variable = secretVariable(secret);
    const given = environment[variable];
    if (given !== undefined) return given;
    const file = secretFile(root, secret);
    const found = await stat(file).catch(() => null);
    if (found === null) {
      throw new EngineError(
        'missing',
        `secret '${secret}' has no value, so its database cannot be opened. Set ${variable}, or write it to ${file} (mode 0600).`,
      );
    }
    if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
      throw new EngineError(
        'denied',
        `others may read the secret '${secret}', so it is not used. Type  chmod 600 ${file}`,
      );
    }
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  };
}

export function secretVariable(secret: string): string {
  return `FREEHOLD_SECRET_${secret.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
}

export function secretFile(root: string, secret: string): string {
  return join(root, '.freehold', 'secrets', secret);
}
