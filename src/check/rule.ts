import type { Facts } from '../engine/facts.ts';
import type { Severity } from '../findings/finding.ts';
import type { Lookup } from '../model/lookup.ts';
import type { Kind, Nouns } from '../model/object.ts';
import type { PartName, Parts } from '../model/parts.ts';
import type { ParseSql } from '../sql/lineage/tree.ts';

/**
 * One rule: its name is the name of its file and of its page, docs/rules/<name>.md. It judges one object at a time, by
 * kind, and asks for whatever else it needs: its verdict on the object holds for as long as the object and the answers
 * stand. So it reads nothing but the noun it was given and what `ask` answers, and work is linear in what it asks.
 */
export type Rule = { readonly name: string; readonly judges: Judges };

export type Judges = { readonly [K in Kind]?: (noun: Nouns[K], ask: Ask) => Iterable<Report> };

/** What a rule may ask: the model, what engines can do, and the time, which is an input. */
export type Ask = Lookup & {
  /** A part of the object at an address, by name, `ask.part('team', 'retail', 'sales')`: rests on no more than that part. */
  readonly part: <P extends PartName>(part: P, address: string, name?: string) => Parts[P] | null;
  readonly facts: Facts;
  /** Has this day, `2026-12-31`, begun (UTC)? A verdict that asked is judged again when it has. */
  readonly isReached: (day: string) => boolean;
  /** How SQL is read; absent: not at all, and then everything comes from everything. */
  readonly parseSql?: ParseSql;
  /** The same for all who ask of one model, facts and time (`memo.ts`). */
  readonly memory: Memory;
};

/**
 * Whose answers are remembered. `plain`: who asks without anybody noting what was asked. `judged`: how many objects were,
 * so that what nobody asked for of late is forgotten.
 */
export type Memory = { plain: Ask | null; judged: number };

/** What a rule says, of the object that it judges or of a part of it; related spots are anywhere. */
export type Report = {
  readonly severity?: Severity;
  readonly message: string;
  readonly help: string;
  readonly at: Spot;
  readonly related?: readonly { readonly message: string; readonly at: Spot }[];
  /** Addresses of all columns of a dataset that it is of, where they may be several. */
  readonly columns?: readonly string[];
  /** What it is known by, where its place and its words follow from which of these columns is the first. */
  readonly matter?: string;
  /** Of a rule that holds from this day on: until then what is there already is inherited, and only what is new blocks. */
  readonly inheritedUntil?: string;
};

/** What a finding is about, by address, and where in it: `spotOf('retail/sales/orders', 'promises', 'freshness')`. */
export type Spot = { readonly address: string; readonly path: readonly (string | number)[] };
