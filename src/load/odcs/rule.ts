/** A quality rule of a contract, as it stands there. */
export type Rule = Readonly<Record<string, unknown>>;

/** A rule that is not executed, and stays in the contract. The reason ends a sentence: `it is a text for people`. */
export type KeptRule = { readonly kind: 'kept'; readonly reason: string };

/** A rule that says what cannot be. `member`: in which of its members. The problem goes on after the rule: `has no limit`. */
export type MistakenRule = {
  readonly kind: 'mistake';
  readonly member: string;
  readonly problem: string;
  readonly help: string;
};

export function kept(reason: string): KeptRule {
  return { kind: 'kept', reason };
}

export function mistake(member: string, problem: string, help: string): MistakenRule {
  return { kind: 'mistake', member, problem, help };
}

/** A value of a rule as messages show it. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? `'${value}'` : (JSON.stringify(value) ?? 'nothing');
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
