/**
 * What a review judges, as a value: doors make it from git, the forge and a store; `review` is pure.
 *
 * Terms. *base*: the tip of the protected branch. *head*: the result of merging the proposal into it. *object*: a mesh,
 * zone, datastore, workspace, transformer, environment or statement, the unit that changes are found by.
 */
import type { Finding, Place } from '../findings/finding.ts';
import type { Lookup } from '../model/lookup.ts';
import type { Kind, ModelObject } from '../model/object.ts';
import type { Origin } from './origin.ts';

export type Proposal = {
  /** Null: there is no mesh in base, and a person typed --bootstrap. */
  readonly base: Side | null;
  readonly head: Side;
  /** Objects that differ, by address: all that the phases look at in the first place, so that work follows the change. */
  readonly changes: readonly ObjectChange[];
  /**
   * Files that differ and that, before or after, no object is made from, neither evaluated for one nor named by it: what was
   * nobody's becomes somebody's by no word of theirs, nor the other way. Signed statements, `*.consent.json` and
   * `*.recovery.json`, are none of them.
   */
  readonly files: readonly FileChange[];
  readonly origin: Origin;
};

export type Side = {
  /** Of the whole model. */
  readonly digest: string;
  /** The commit it was read from; null for a directory. */
  readonly commit: string | null;
  readonly lookup: Lookup;
  readonly placeOf: (address: string, ...path: readonly (string | number)[]) => Place | null;
  /**
   * What check finds, at the time of the review. Of both sides only what the change can have touched needs to be there:
   * what is found the same in both.
   */
  readonly findings: readonly Finding[];
  /** Signed statements, the text of each `*.consent.json` by its path. */
  readonly signed: Readonly<Record<string, string>>;
  /** Signed recoveries, the text of each `*.recovery.json` by its path. */
  readonly recoveries: Readonly<Record<string, string>>;
};

/** Before null: it is new; after null: it is gone. Never both. */
export type ObjectChange<K extends Kind = Kind> = {
  readonly address: string;
  readonly kind: K;
  readonly before: ModelObject<K> | null;
  readonly after: ModelObject<K> | null;
};

export type FileChange = {
  readonly path: string;
  readonly change: 'added' | 'changed' | 'removed';
  /** Of a file that is there on both sides, where an object is made from it on one: on which there is none. */
  readonly unowned?: 'before' | 'after';
};
