import { describe } from 'vitest';
import type { Access, Engine } from '../engine.ts';
import { connectionConforms } from './connection.ts';
import { namesConform } from './names.ts';
import { openFresh } from './open.ts';
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
    connectionConforms(open);
    transactionsConform(open, openMore);
    namesConform(engine, open);
    typesConform(engine, open, new Set(refused));
  });
}
