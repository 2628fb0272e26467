import type { Environment, ReplicaGroup, Route, SecretName } from '../model/model.ts';
import { type Duration, type Noun, noun } from './noun.ts';

export type EnvironmentBody = Omit<Environment, 'name' | 'ledger' | 'connections' | 'stores' | 'replicas'> & {
  readonly ledger: ContainerNoun;
  readonly connections: Readonly<Record<string, ContainerNoun>>;
  readonly stores: Readonly<Record<string, ContainerNoun>>;
  readonly replicas?: Readonly<
    Record<string, { readonly on: readonly ContainerNoun[]; readonly serves: ReplicaGroup['serves'] }>
  >;
};

/** Where the mesh runs: what connections are bound to, where rows are stored and replicated. */
export function environment(name: string, body: EnvironmentBody): Noun<'environment'> & { readonly name: string } {
  return noun('environment', body, { name });
}

export type ContainerNoun = Noun<'container'> & { readonly engine: string };

/** What every container says, whatever its engine. */
export type Standing = {
  /** Vendor and location: 'own:eu/berlin'. */
  readonly at?: string;
  readonly grade?: 'production' | 'test';
  /** Its files, and the way to it, are encrypted. */
  readonly encrypted?: boolean;
  /** Of a store that can fail over: when sources may forget what it has. `keep('1h')`: an hour after it has it. */
  readonly durability?: 'local' | 'standby' | { readonly keep: Duration };
  /** Of a store: how it keeps versions where a consumer asks for history: beside the current rows ('split'), or all in one table ('history'). */
  readonly layout?: 'split' | 'history';
  /** Of a connection: the teams whose datastores may read it. */
  readonly teams?: readonly string[];
};

/** The word for containers of an engine; which fields it has is told by the engine's facts, and checked. */
export function container<Fields extends object>(engine: string): (body: Standing & Fields) => ContainerNoun {
  return (body) => {
    const { at, grade, encrypted, durability, layout, teams, ...fields } = body ?? {};
    return noun('container', {}, { engine, at, grade, encrypted, durability, layout, teams, fields });
  };
}

/** A database of a PostgreSQL server: one that runs already, or `embedded: true`. */
export const postgres = container<{
  readonly embedded?: boolean;
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly user?: string;
  readonly password?: SecretName;
  readonly ssl?: 'disable' | 'require' | 'verify';
}>('postgres');

/** An embedded DuckDB database in a file of its own. */
export const duckdb = container<{
  readonly file: string;
  readonly memory_limit?: string;
  readonly threads?: number;
}>('duckdb');

/** A database of a MySQL or MariaDB server, as a source. */
export const mysql = container<{
  readonly host: string;
  readonly port?: number;
  readonly database: string;
  readonly user: string;
  readonly password?: SecretName;
  readonly ssl?: 'disable' | 'require' | 'verify';
}>('mysql');

/** `durability: keep('1h')`: sources keep what a store has merged for so long, in case that an older copy of it takes over. */
export function keep(duration: Duration): { readonly keep: Duration } {
  return { keep: duration };
}

/** A secret by name: its value comes from the environment it runs in, never from the model. */
export function secret(name: string): SecretName {
  return { secret: name };
}

/** `larger('500GB').to('lake')`: datasets above this size are stored there. */
export function larger(size: string): { to(store: string): Route } {
  return { to: (store) => ({ larger: size, to: store }) };
}

/** Every dataset that no line before it took. */
export function otherwise(store: string): Route {
  return { to: store };
}
