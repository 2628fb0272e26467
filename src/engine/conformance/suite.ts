import { describe } from 'vitest';
import { literal, sql } from '../../sql/sql.ts';
import type { Access, Engine } from '../engine.ts';
import { connectionConforms } from './connection.ts';
import { namesConform } from './names.ts';
import { type OpenConnection, openFresh } from './open.ts';
import { readingConforms, type Series } from './reading.ts';
import { transactionsConform } from './transactions.ts';
import { typesConform } from './types.ts';

export type Conformance = {
  /** An access to a database of the suite's own: it makes and drops the schema `conformance` there. */
  readonly access: () => Promise<Access>;
  /** Values that the engine refuses rather than changes, as `<type> <transport text>`: `date infinity`. */
  readonly refused?: readonly string[];
};

/** What every engine must do alike. An engine's own test is a call of this and what only that engine has. */
export function engineConforms(engine: Engine, { access, refused = [] }: Conformance): void {
  const open = openFresh(engine, access);
  const openMore = async () => engine.connect(await access(), 'conformance, second session');
  describe(`${engine.facts.title} as every engine`, () => {
    readingConforms(open, (rows) => sql`(select i from generate_series(1, ${literal(rows)}) as s(i))`);
    connectionConforms(open);
    transactionsConform(open, openMore);
    namesConform(engine, open);
    typesConform(engine, open, new Set(refused));
  });
}

/**
 * What every engine must do alike that is a source alone. `open` gives a session of which the schema `conformance` is
 * empty. Types and names are asked of real tables in the engine's own tests.
 */
export function sourceConforms(engine: Engine, open: OpenConnection, openMore: OpenConnection, series: Series): void {
  describe(`${engine.facts.title} as every source`, () => {
    readingConforms(open, series);
    transactionsConform(open, openMore);
  });
}
