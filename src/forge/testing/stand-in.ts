import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A stand-in for the interface of a forge, on this machine: what tests ask instead of GitHub or GitLab. It gives the
 * answers that it was given, lists in pages, and is as cruel as it is told to be. It proves how we ask and what we make of
 * answers, never how a forge answers.
 */
export type StandIn = {
  /** `http://127.0.0.1:port`, and the host as identity. */
  readonly root: string;
  readonly host: string;
  /** By path, without the query; what is not here is 404. A function is asked with the query. */
  readonly answers: Map<string, unknown>;
  /** What happens to the next requests, in order, before answers are given again. */
  readonly troubles: Trouble[];
  /** Paths that were asked for, in order. */
  readonly asked: string[];
} & AsyncDisposable;

export type Trouble =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'elsewhere'; readonly to: string };

/** `isKnown` looks at the token; a page holds `pageSize` items whatever is asked for. */
export async function standIn(isKnown: (request: IncomingMessage) => boolean, pageSize = 2): Promise<StandIn> {
  const answers = new Map<string, unknown>();
  const troubles: Trouble[] = [];
  const asked: string[] = [];
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = addressOf(server.address());
  const root = `http://127.0.0.1:${port}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for await (const _ of request) {
      // A query is read to its end, and each is answered alike.
    }
    const url = new URL(request.url ?? '/', root);
    asked.push(url.pathname);
    const trouble = troubles.shift();
    if (trouble?.kind === 'delay') await sleep(trouble.ms);
    else if (trouble !== undefined) return makeTrouble(trouble, response);
    if (!isKnown(request)) return tell(response, 401, { message: 'Bad credentials' });
    const found = answers.get(decodeURI(url.pathname)) ?? answers.get(url.pathname);
    const body: unknown = typeof found === 'function' ? found(url.searchParams) : found;
    if (body === undefined) return tell(response, 404, { message: 'Not Found' });
    if (isRefusal(body)) return tell(response, body.status, { message: body.message });
    if (!Array.isArray(body)) return tell(response, 200, body);
    const page = Number(url.searchParams.get('page') ?? '1');
    const rest = body.length > page * pageSize;
    url.searchParams.set('page', String(page + 1));
    if (rest) response.setHeader('link', `<${url.href}>; rel="next", <${url.href}>; rel="last"`);
    tell(response, 200, body.slice((page - 1) * pageSize, page * pageSize));
  }

  return {
    root,
    host: `127.0.0.1:${port}`,
    answers,
    troubles,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An answer that refuses. */
export function refusal(status: number, message: string): { readonly status: number; readonly message: string } {
  return { status, message };
}

function isRefusal(body: unknown): body is { readonly status: number; readonly message: string } {
  return (
    typeof body === 'object' &&
    body !== null &&
    Object.keys(body).length === 2 &&
    'status' in body &&
    typeof body.status === 'number' &&
    'message' in body
  );
}

function makeTrouble(trouble: Exclude<Trouble, { kind: 'delay' }>, response: ServerResponse): void {
  switch (trouble.kind) {
    case 'status':
      response.writeHead(trouble.status, { 'content-type': 'application/json', ...trouble.headers });
      response.end(trouble.body ?? '{"message":"trouble"}');
      return;
    case 'garbage':
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<html>Your proxy says hello</html>');
      return;
    case 'cut':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"id":');
      response.destroy();
      return;
    case 'elsewhere':
      response.writeHead(302, { location: trouble.to });
      response.end();
      return;
  }
}

function tell(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('the stand-in has no port');
  return address;
}
