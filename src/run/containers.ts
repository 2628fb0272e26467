import { basename, join, resolve } from 'node:path';
import type { Connection } from '../engine/connection.ts';
import { EngineError } from '../engine/connection.ts';
import type { Access, Engine } from '../engine/engine.ts';
import { engineFacts } from '../engines/facts.ts';
import { engineNamed } from '../engines/index.ts';
import {
  type EmbeddedServer,
  ensureDatabase,
  releaseEmbedded,
  startEmbedded,
} from '../engines/postgres/embedded/server.ts';
import type { Container } from '../model/model.ts';
import type { Secrets } from './secrets.ts';

/** The databases of an environment, opened by the ids that the plan gives them. */
export interface Containers extends AsyncDisposable {
  /** Ours, for what work puts aside on this machine. */
  readonly directory: string;
  engine(id: string): Promise<Engine>;
  /** Is it a database of the embedded server, whose administrator we are? */
  isEmbedded(id: string): boolean;
  access(id: string): Promise<Access>;
  /** A session; the caller closes it. Errors: EngineError. */
  connect(id: string, purpose: string): Promise<Connection>;
  /** Those of another plan of the environment, by the same secrets and embedded server; they end with these. */
  of(containers: Readonly<Record<string, Container>>): Containers;
}

/** A PostgreSQL server given instead of the embedded one. */
export type GivenServer = {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
};

export type ContainerOptions = {
  /** The model's directory. */
  readonly root: string;
  readonly secrets: Secrets;
  /** Serves the containers that say `embedded: true`, in databases of their names with this prefix. */
  readonly given?: { readonly server: GivenServer; readonly prefix: string };
};

export function containersOf(containers: Readonly<Record<string, Container>>, options: ContainerOptions): Containers {
  let embedded: Promise<EmbeddedServer> | null = null;
  const ensured = new Map<string, Promise<void>>();

  const server = async (): Promise<GivenServer> => {
    if (options.given !== undefined) return options.given.server;
    embedded ??= startEmbedded(join(options.root, '.freehold', 'postgres'));
    return embedded;
  };

  const ensure = async (database: string): Promise<GivenServer> => {
    const at = await server();
    const known = ensured.get(database) ?? ensureDatabase({ ...at, host: '127.0.0.1', dataDirectory: '' }, database);
    ensured.set(database, known);
    await known;
    return at;
  };

  return {
    ...opened(containers, options, ensure),
    async [Symbol.asyncDispose]() {
      const held = await embedded?.catch(() => null);
      if (held) await releaseEmbedded(held);
    },
  };
}

function opened(
  containers: Readonly<Record<string, Container>>,
  options: ContainerOptions,
  ensure: (database: string) => Promise<GivenServer>,
): Containers {
  const accesses = new Map<string, Promise<Access>>();

  const find = (id: string): Container => {
    const found = containers[id];
    if (found === undefined) throw new EngineError('missing', `The environment has no container '${id}'.`);
    return found;
  };

  const makeAccess = async (id: string): Promise<Access> => {
    const container = find(id);
    const fields: Record<string, string | number | boolean> = {};
    for (const [field, given] of Object.entries(container.fields)) {
      fields[field] = typeof given === 'object' ? await options.secrets(given.secret) : given;
    }
    if (container.engine === 'duckdb') {
      return {
        engine: 'duckdb',
        label: `duckdb ${id}`,
        fields: { ...fields, file: resolve(options.root, String(fields.file)) },
      };
    }
    if (fields.embedded === true) {
      const database = `${options.given?.prefix ?? ''}${String(fields.database)}`;
      const at = await ensure(database);
      return {
        engine: container.engine,
        label: `${container.engine} ${id} at ${at.host}:${at.port}/${database}`,
        fields: { host: at.host, port: at.port, user: at.user, password: at.password, database },
      };
    }
    return {
      engine: container.engine,
      label: `${container.engine} ${id} at ${String(fields.host)}:${String(fields.port ?? engineFacts[container.engine]?.fields.port?.absent ?? '')}/${String(fields.database)}`,
      fields,
    };
  };

  const access = (id: string): Promise<Access> => {
    const known = accesses.get(id) ?? makeAccess(id);
    accesses.set(id, known);
    known.catch(() => accesses.delete(id));
    return known;
  };

  return {
    directory: join(options.root, '.freehold', 'spool'),
    engine: (id) => engineNamed(find(id).engine),
    isEmbedded: (id) => find(id).fields.embedded === true && options.given === undefined,
    access,
    async connect(id, purpose) {
      const engine = await engineNamed(find(id).engine);
      return engine.connect(await access(id), `freehold ${purpose}`);
    },
    of: (others) => opened(others, options, ensure),
    // What is shared ends with the first.
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** What a person calls a container: `postgres replica`, `duckdb analysis.duckdb`. */
export function containerName(container: Container | undefined): string {
  const called = container?.fields.database ?? container?.fields.file;
  return `${container?.engine ?? 'unknown engine'} ${typeof called === 'string' ? basename(called) : ''}`.trim();
}
