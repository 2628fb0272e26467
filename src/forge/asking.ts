import type { Clock } from '../base/clock.ts';
import type { Patience } from './ask.ts';
import { ForgeError } from './error.ts';

/** What a door gives to whoever asks a forge. */
export type Asking = { readonly token: string | null; readonly patience?: Patience; readonly clock?: Clock };

/** Errors: ForgeError where what the address says could be read or changed on its way. */
export function safeRoot(root: string): URL {
  const url = URL.canParse(root) ? new URL(root) : null;
  const isLocal = url !== null && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url === null || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLocal)) || url.username !== '')
    throw new ForgeError(
      'missing',
      "The address of the forge's interface must begin with https:// and hold no account.",
    );
  url.search = '';
  url.hash = '';
  return url;
}
