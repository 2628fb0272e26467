import { type Connection, EngineError } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import { ensureBookkeeping } from '../checkpoint.ts';
import { orBlocked } from '../publish/blocked.ts';
import { inDuckdb } from './duckdb.ts';
import { inPostgres } from './postgres.ts';
import type { Kept } from './retyped.ts';

/** The views of a container, in the caller's transaction. */
export type Views = {
  readonly schemas: readonly string[];
  /** Takes our objects away, where a column that they show cannot change its type under them. */
  readonly drop: () => Promise<void>;
  readonly publish: () => Promise<readonly Finding[]>;
};

/** How an engine gives columns another type, while their rows are read and written. */
export type Reshaper = {
  /** Everything that takes long, step by step; readers and merges see nothing of it. */
  readonly prepare: (c: Connection, kept: readonly Kept[], onPart?: () => Promise<void>) => Promise<readonly Finding[]>;
  /** One short transaction, with the views. */
  readonly swap: (c: Connection, kept: readonly Kept[], views: Views) => Promise<readonly Finding[]>;
};

const reshapers: Readonly<Record<string, Reshaper>> = { postgres: inPostgres, duckdb: inDuckdb };

/**
 * Prepares that the columns of these tables get the types that the plan says. Nothing that is read changes. Errors among
 * the findings: others have built on such a column.
 */
export async function prepareTypes(
  c: Connection,
  kept: readonly Kept[],
  onPart?: () => Promise<void>,
): Promise<readonly Finding[]> {
  await ensureBookkeeping(c);
  return orBlocked(() => reshaperOf(c).prepare(c, kept, onPart));
}

/** Gives the columns their new types, and the views with them; nothing where all have them. */
export function swapTypes(c: Connection, kept: readonly Kept[], views: Views): Promise<readonly Finding[]> {
  return orBlocked(() => reshaperOf(c).swap(c, kept, views));
}

function reshaperOf({ dialect }: Connection): Reshaper {
  const reshaper = Object.hasOwn(reshapers, dialect.engine) ? reshapers[dialect.engine] : undefined;
  if (reshaper === undefined)
    throw new EngineError('statement', `freehold keeps no rows on engine '${dialect.engine}'.`);
  return reshaper;
}
