import type { Clock } from '../base/clock.ts';
import { harmless } from '../findings/harmless.ts';
import { ForgeError, type ForgeErrorKind } from './error.ts';

/**
 * An interface of a forge over HTTPS. What passes is asked again within bounds; what does not is a ForgeError whose
 * message holds no token. Answers are untrusted until a `Shape` has read them.
 */
export type Api = {
  /** `GitHub at github.com`, for messages. */
  readonly label: string;
  /** Without a slash in the end: `https://api.github.com`. */
  readonly root: string;
  /** What carries the token. */
  readonly headers: Readonly<Record<string, string>>;
  /** Never in a message; null: there is none. */
  readonly token: string | null;
  /** Where a token comes from, for messages: `GITHUB_TOKEN`. */
  readonly tokenName: string;
  readonly patience: Patience;
  readonly clock: Clock;
};

/** `triesMs`: pauses before the second, third ... try. `waitMs`: the longest pause that a forge may ask for. */
export type Patience = {
  readonly triesMs: readonly number[];
  readonly answerMs: number;
  readonly waitMs: number;
};

export const patience: Patience = { triesMs: [1000, 3000, 9000], answerMs: 20_000, waitMs: 60_000 };

export type Answer = {
  readonly status: number;
  readonly body: unknown;
  /** Where the next page is; null: this is the last. */
  readonly next: string | null;
};

/** Gives the answer where its status is 200, 201 or one of `also`. `path` is below the root, or the whole address of a page of it. */
export async function ask(api: Api, path: string, also: readonly number[] = [], query?: unknown): Promise<Answer> {
  const start = new URL(path.startsWith('https:') || path.startsWith('http:') ? path : `${api.root}${path}`);
  let failure: Failed = { kind: 'unreachable', why: 'nobody was asked', pauseMs: null };
  for (let tries = 0; tries <= api.patience.triesMs.length; tries++) {
    if (tries > 0) await api.clock.sleep(Math.max(api.patience.triesMs[tries - 1] ?? 0, failure.pauseMs ?? 0));
    const got = await once(api, start, query);
    if ('status' in got) {
      if (got.status === 200 || got.status === 201 || also.includes(got.status)) return got;
      throw refused(api, start, got);
    }
    failure = got;
    if ((failure.pauseMs ?? 0) > api.patience.waitMs) break;
  }
  throw new ForgeError(
    failure.kind,
    `${api.label} did not answer ${shown(start)}: ${withoutToken(failure.why, api)}. Nothing can be judged without its word: try again later.`,
  );
}

/** Every item of a list that comes in pages. Errors: ForgeError where there are more than `most` items. */
export async function askAll(api: Api, path: string, most = 10_000): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  const seen = new Set<string>();
  for (let at: string | null = path; at !== null; ) {
    seen.add(at);
    const { body, next }: Answer = await ask(api, at);
    if (!Array.isArray(body))
      throw new ForgeError('garbled', `${api.label} gave no list for ${harmless(path)}, so nothing can be judged.`);
    items.push(...body);
    if (items.length > most || (next !== null && seen.has(next)))
      throw new ForgeError(
        'garbled',
        `${api.label} has more than ${most} items in ${harmless(path)}: too many to judge by.`,
      );
    at = next;
  }
  return items;
}

/** Of what may pass. */
type Failed = { readonly kind: ForgeErrorKind; readonly why: string; readonly pauseMs: number | null };

async function once(api: Api, address: URL, query: unknown): Promise<Answer | Failed> {
  let url = address;
  try {
    for (let redirects = 0; redirects <= 3; redirects++) {
      const response = await fetch(url, {
        method: query === undefined ? 'GET' : 'POST',
        headers: { accept: 'application/json', 'user-agent': 'freehold', ...api.headers },
        redirect: 'manual',
        signal: AbortSignal.timeout(api.patience.answerMs),
        ...(query === undefined ? {} : { body: JSON.stringify(query) }),
      });
      const target = response.headers.get('location');
      if (response.status >= 300 && response.status < 400 && target !== null) {
        await response.body?.cancel();
        url = new URL(target, url);
        // The token is for this forge alone.
        if (url.origin !== address.origin)
          return { kind: 'garbled', why: `it sends on to another host, ${harmless(url.host)}`, pauseMs: null };
        continue;
      }
      const text = await bounded(response);
      const passing = passingStatus(response, api.clock.nowMs());
      if (passing !== null) return passing;
      const body = parsed(text);
      if (body === undefined && response.status < 400)
        return { kind: 'garbled', why: 'what came is no JSON', pauseMs: null };
      return { status: response.status, body, next: nextPage(response, address) };
    }
    return { kind: 'garbled', why: 'it sends on without end', pauseMs: null };
  } catch (error) {
    return { kind: 'unreachable', why: reasonOf(error, api), pauseMs: null };
  }
}

function passingStatus(response: Response, nowMs: number): Failed | null {
  const { status, headers } = response;
  const isLimit =
    status === 429 || (status === 403 && (headers.has('retry-after') || headers.get('x-ratelimit-remaining') === '0'));
  if (!isLimit && status < 500) return null;
  const after = Number(headers.get('retry-after') ?? 'NaN') * 1000;
  const reset = Number(headers.get('x-ratelimit-reset') ?? headers.get('ratelimit-reset') ?? 'NaN') * 1000 - nowMs;
  const pauseMs = [after, reset].find((ms) => Number.isFinite(ms) && ms > 0) ?? null;
  if (!isLimit) return { kind: 'unreachable', why: `it has status ${status}`, pauseMs };
  return { kind: 'unreachable', why: `its limit of requests is reached (status ${status})`, pauseMs };
}

/** A forge's answers are small: more than this is no answer. */
const bodyBytes = 32 * 1024 * 1024;

async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > bodyBytes) throw new Error(`the answer is larger than ${bodyBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The page that the forge names, where it is one of its own. */
function nextPage(response: Response, address: URL): string | null {
  const [, target] = /<([^>]*)>\s*;\s*rel="?next"?/.exec(response.headers.get('link') ?? '') ?? [];
  if (target === undefined || !URL.canParse(target, address.href)) return null;
  const url = new URL(target, address);
  if (url.origin !== address.origin) throw new Error(`its next page is at another host, ${url.host}`);
  return url.href;
}

function refused(api: Api, url: URL, { status, body }: Answer): ForgeError {
  const said = harmless(withoutToken(messageIn(body), api), 200);
  const words = said === '' ? '' : `: '${said}'`;
  const token =
    api.token === null
      ? `No token was given: set ${api.tokenName}.`
      : `Is the token in ${api.tokenName} of this forge, not expired, and allowed to read this?`;
  if (status === 401 || status === 403)
    return new ForgeError('denied', `${api.label} refuses ${shown(url)} (status ${status}${words}). ${token}`);
  if (status === 404)
    return new ForgeError(
      'missing',
      `${api.label} knows nothing at ${shown(url)}, or does not show it to us (status 404${words}). ${token}`,
    );
  return new ForgeError('garbled', `${api.label} answers ${shown(url)} with status ${status}${words}.`);
}

function messageIn(body: unknown): string {
  if (typeof body !== 'object' || body === null) return '';
  const said = 'message' in body ? body.message : 'error' in body ? body.error : '';
  return typeof said === 'string' ? said : '';
}

function reasonOf(error: unknown, api: Api): string {
  if (!(error instanceof Error)) return 'it cannot be reached';
  if (error.name === 'TimeoutError') return `no answer within ${api.patience.answerMs / 1000} s`;
  const { cause } = error;
  return harmless(cause instanceof Error && cause.message !== '' ? cause.message : error.message, 300);
}

/** Path alone: a query may hold what should not be shown. */
function shown(url: URL): string {
  return harmless(url.pathname, 300);
}

function withoutToken(text: string, api: Api): string {
  return api.token === null || api.token === '' ? text : text.replaceAll(api.token, '***');
}
