import type { Severity } from '../findings/finding.ts';
import type { Subject } from './subject.ts';

/** One rule: its name is the name of its file and of its page, docs/rules/<name>.md. Pure, and linear in the model. */
export type Rule = { readonly name: string; readonly find: (subject: Subject) => Iterable<Report> };

/** What a rule says; `check` makes a finding of it by adding place and owner. */
export type Report = {
  readonly severity?: Severity;
  readonly message: string;
  readonly help: string;
  readonly at: Spot;
  readonly related?: readonly { readonly message: string; readonly at: Spot }[];
};

/**
 * A part of the model: the address that a finding carries, the object that declares it, and the path from that object
 * down to the part, in the words of the model (`['datasets', 'orders', 'columns', 'id']`).
 */
export type Spot = { readonly address: string; readonly object: string; readonly path: readonly string[] };
