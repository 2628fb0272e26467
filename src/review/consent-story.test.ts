import { expect, test } from 'vitest';
import { testFacts } from '../check/testing/facts.ts';
import { testModel } from '../check/testing/model.ts';
import { canonicalModel } from '../model/canonical.ts';
import type { Consent, Model } from '../model/model.ts';
import type { Break } from './break.ts';
import { compatibility } from './compatibility.ts';
import { review } from './review.ts';
import { keys, signedBy, statementOn } from './testing/narrowing.ts';
import { approvedBy, propose } from './testing/propose.ts';
import type { Verdict } from './verdict.ts';

/** The whole review of a producer who narrows a column that another team reads in production. */
const asOfMs = Date.parse('2026-06-15T12:00:00Z');
const producer = 4;

function model(length: number, consents: readonly Consent[] = []): Model {
  return testModel({
    zone: { signers: [{ key: keys.retail.key }] },
    insight: { signers: [{ key: keys.insight.key }] },
    orders: {
      production: true,
      datasets: {
        customers: {
          key: ['id'],
          columns: {
            id: { type: { kind: 'int', bits: 32 } },
            name: { type: { kind: 'varchar', length }, nullable: true },
          },
        },
      },
    },
    consents,
  });
}

type Files = Readonly<Record<string, string>>;
type Scene = {
  readonly from?: Model;
  readonly to?: Model;
  readonly signed?: Files;
  readonly signedBase?: Files;
  readonly approvers?: readonly number[];
};

function proposed({ from = model(40), to = model(20), approvers = [producer], signed = {}, signedBase = {} }: Scene) {
  return propose(canonicalModel(from), canonicalModel(to), approvedBy(...approvers), {
    asOfMs,
    base: { signed: signedBase },
    head: { signed: { ...signedBase, ...signed } },
  });
}

function reviewed(scene: Scene): Verdict {
  return review(proposed(scene), testFacts, { asOfMs });
}

function onlyBreak(scene: Scene): Break {
  const [one, ...others] = compatibility(proposed(scene), testFacts, asOfMs);
  if (one === undefined || others.length > 0) throw new Error('one break was expected');
  return one;
}

const one = onlyBreak({});
const consents = {
  'consents/zone.consent.json': signedBy(keys.retail, statementOn(one, 'retail')),
  'consents/team.consent.json': signedBy(keys.insight, statementOn(one, 'retail/insight')),
};
const says = ({ verdict, phase, findings }: Verdict) =>
  `${verdict} ${phase}: ${findings.map(({ rule, severity }) => `${severity} ${rule}`).join(', ')}`;

test('without consents it is blocked, and names the readers and who must consent', () => {
  const verdict = reviewed({});
  expect(says(verdict)).toBe('blocked 3: error column-narrowed');
  const [finding] = verdict.findings;
  expect(finding?.id).toBe(one.finding.id);
  expect(finding?.message).toContain("'retail/insight/reporting.dashboard'");
  for (const party of ["zone 'retail'", "team 'retail/insight'"])
    expect(finding?.help).toContain(`The consent of ${party}`);
});

test('with both in place the same change passes, and the verdict lists them', () => {
  const verdict = reviewed({ signed: consents });
  expect(says(verdict)).toBe('pass null: ');
  expect(verdict.consents).toEqual(Object.keys(consents).sort());
});

test('after one more edit it does not pass', () => {
  const verdict = reviewed({ to: model(19), signed: consents });
  expect(says(verdict)).toBe('blocked 3: error column-narrowed');
  expect(verdict.findings[0]?.help).toContain('One more edit needs one more consent');
});

test('what was used cannot be used again: not while it is in base, and not by taking it out in between', () => {
  const back = reviewed({ from: model(20), to: model(40), signedBase: consents });
  expect(back.verdict).toBe('pass');
  const again = reviewed({ signedBase: consents });
  expect(says(again)).toBe('blocked 3: error column-narrowed');
  expect(again.findings[0]?.help).toContain('it counts once, and base has it already');
  const base = proposed({ from: model(20), to: model(40), signedBase: consents });
  const cleared = review({ ...base, head: { ...base.head, signed: {} } }, testFacts, { asOfMs });
  expect(says(cleared)).toBe('blocked 1: error consent-removed, error consent-removed');
});

test('an entry that a party merged is removed by the change that uses it, though it is not its owner; by no other', () => {
  const entries = [
    { name: 'zone_agrees', ...statementOn(one, 'retail') },
    { name: 'insight_agrees', ...statementOn(one, 'retail/insight') },
  ];
  const used = reviewed({ from: model(40, entries), to: model(20) });
  expect(says(used)).toBe('pass null: ');
  expect(used.consents).toEqual(['consent:insight_agrees', 'consent:zone_agrees']);
  expect(says(reviewed({ from: model(40, entries), to: model(20, entries) }))).toBe('blocked 3: error column-narrowed');
  const other = reviewed({ from: model(40, entries), to: model(19) });
  expect(says(other)).toBe('blocked 2: error not-the-owner, error not-the-owner');
  expect(other.findings[0]?.help).toContain(
    'Only the change that it is for, from and to exactly what was consented to',
  );
  expect(says(reviewed({ to: model(20, entries) }))).toBe('blocked 2: error not-the-owner, error not-the-owner');
});

test('a review of the head commit by an approver of each party is their consent', () => {
  const verdict = reviewed({ approvers: [producer, 2, 5] });
  expect(says(verdict)).toBe('pass null: ');
  expect(verdict.consents).toEqual(['review by user 2 of github.com', 'review by user 5 of github.com']);
  expect(reviewed({ approvers: [producer, 2] }).verdict).toBe('blocked');
});
