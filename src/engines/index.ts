import { EngineError } from '../engine/connection.ts';
import type { Engine } from '../engine/engine.ts';

/** The one table of engines. A line here is loaded when its engine is first asked for. */
const engines: Readonly<Record<string, () => Promise<Engine>>> = {
  postgres: async () => (await import('./postgres/engine.ts')).postgres,
  duckdb: async () => (await import('./duckdb/engine.ts')).duckdb,
  mysql: async () => (await import('./mysql/engine.ts')).mysql,
};

/** Errors: EngineError 'missing' where there is no such engine. */
export async function engineNamed(name: string): Promise<Engine> {
  const load = Object.hasOwn(engines, name) ? engines[name] : undefined;
  if (load === undefined) {
    throw new EngineError('missing', `there is no engine '${name}'. Engines: ${Object.keys(engines).join(', ')}.`);
  }
  return load();
}
