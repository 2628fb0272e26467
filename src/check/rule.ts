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

/** What a finding is about, by address, and where in it: `spotOf('retail/sales/orders', 'promises', 'freshness')`. */
export type Spot = { readonly address: string; readonly path: readonly (string | number)[] };
