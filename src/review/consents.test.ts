import { describe, expect, test } from 'vitest';
import { consentFileText, type Statement, statementText } from './consent-file.ts';
import { consentFiles } from './consent-files.ts';
import { consented } from './consents.ts';
import type { Origin } from './origin.ts';
import {
  address,
  keys,
  type Listed,
  lengthModel,
  narrowing,
  needs,
  signedBy,
  statementOn,
} from './testing/narrowing.ts';
import { approvedBy, propose } from './testing/propose.ts';

const asOfMs = Date.parse('2026-06-15T12:00:00Z');

type Scene = {
  readonly listed?: Listed;
  readonly after?: number;
  readonly signed?: Readonly<Record<string, string>>;
  readonly signedBase?: Readonly<Record<string, string>>;
  readonly origin?: Partial<Origin>;
  readonly asOfMs?: number;
};

/** From varchar(40) to something shorter, with these files. */
function proposalOf({ listed = {}, after = 20, signed = {}, signedBase = {}, origin = {} }: Scene) {
  const from = { ...approvedBy(), ...origin };
  return propose(lengthModel(40, listed), lengthModel(after, listed), from, {
    base: { signed: signedBase },
    head: { signed: { ...signedBase, ...signed } },
  });
}

function judged(scene: Scene) {
  const proposal = proposalOf(scene);
  return consented([narrowing(proposal)], proposal, scene.asOfMs ?? asOfMs);
}

function helpOf(scene: Scene): string {
  return judged(scene).findings[0]?.help ?? 'it counts';
}

const one = narrowing(proposalOf({}));
const ofZone = statementOn(one, 'retail');
const ofTeam = statementOn(one, 'retail/insight');
const both = { 'a.consent.json': signedBy(keys.retail, ofZone), 'b.consent.json': signedBy(keys.insight, ofTeam) };

describe('a breaking change', () => {
  test('passes with the consent of every party that it needs', () => {
    expect(judged({ signed: both })).toEqual({ findings: [], consents: ['a.consent.json', 'b.consent.json'] });
  });

  test('without any says whose is missing, and each way to give it', () => {
    const { findings, consents } = judged({ listed: { retail: [] } });
    expect(consents).toEqual([]);
    expect(findings).toEqual([
      {
        ...one.finding,
        help:
          'Widen it. ' +
          `The consent of zone 'retail' (approvers user 2) is missing: it approves this change at the forge, or merges an entry (freehold approve ${one.finding.id} --party retail --entry). ` +
          `The consent of team 'retail/insight' (approvers user 5) is missing: it approves this change at the forge, or signs it (freehold approve ${one.finding.id} --party retail/insight), or merges an entry (freehold approve ${one.finding.id} --party retail/insight --entry).`,
      },
    ]);
  });

  test('with the consent of one of two parties says whose is missing', () => {
    const help = helpOf({ signed: { 'a.consent.json': both['a.consent.json'] } });
    expect(help).not.toContain("zone 'retail'");
    expect(help).toContain("The consent of team 'retail/insight'");
  });

  test('that needs nobody has nobody who could consent: it stays', () => {
    const proposal = proposalOf({ signed: both });
    const orphan = { ...narrowing(proposal), needs: [] };
    expect(consented([orphan], proposal, asOfMs).findings).toEqual([orphan.finding]);
  });

  test('after one more edit does not pass', () => {
    const help = helpOf({ signed: both, after: 19 });
    expect(help).toMatch(
      /There is a consent in 'a\.consent\.json', but the change was another when it was given: .*One more edit/,
    );
    expect(help).toMatch(/There is a consent in 'b\.consent\.json', but the change was another/);
  });
});

describe('every field of a statement is bound', () => {
  const other: Statement = {
    mesh: 'other',
    rule: 'key-changed',
    address: 'retail/sales/orders.customers#id',
    before: 'b'.repeat(64),
    after: null,
    party: 'retail/sales',
    reason: 'another',
    notAfter: '2026-12-30',
    nonce: 'another-nonce-00',
  };
  const fields = ['mesh', 'rule', 'address', 'before', 'after', 'party', 'reason', 'notAfter', 'nonce'] as const;

  test.each(fields)('one whose %s was changed after it was signed does not count', (field) => {
    const tampered = { ...ofTeam, [field]: other[field] };
    const signatures = [keys.insight.sign(statementText(ofTeam))];
    const { findings } = judged({
      signed: { ...both, 'b.consent.json': consentFileText({ statement: tampered, signatures }) },
    });
    expect(findings).toHaveLength(1);
    expect(findings[0]?.help).toContain("There is a consent in 'b.consent.json', but ");
  });

  test.each([
    ['mesh', "it is for mesh 'other', and this is 'acme'"],
    ['rule', "it consents to rule 'key-changed', and this is 'column-narrowed'"],
    ['address', `it is about '${other.address}', and this is about '${address}'`],
    ['before', `it was given when base was another: the object before the change was bbbbbbbbbb then`],
    ['after', 'the change was another when it was given: the object after it was not there then'],
    ['party', "it is the word of 'retail/sales', not of 'retail/insight'"],
  ] as const)('one that was signed for another %s does not count, and says so', (field, says) => {
    const signed = { 'b.consent.json': signedBy(keys.insight, { ...ofTeam, [field]: other[field] }) };
    expect(helpOf({ signed })).toContain(`There is a consent in 'b.consent.json', but ${says}`);
  });

  test('one that fits in two things less is about something else, and not worth a word', () => {
    const signed = { 'b.consent.json': signedBy(keys.insight, { ...ofTeam, mesh: 'other', rule: 'key-changed' }) };
    expect(helpOf({ signed })).not.toContain('There is a consent');
  });
});

describe('a signer', () => {
  const insight = keys.insight.key;
  const says = (listed: Listed, at = asOfMs) => helpOf({ signed: both, listed, asOfMs: at });

  test('is one that base lists for the party, whatever head says', () => {
    expect(helpOf({ signed: { ...both, 'b.consent.json': signedBy(keys.stranger, ofTeam) } })).toContain(
      "in 'b.consent.json', but base does not list the key that signed it, SHA256:",
    );
    const base = lengthModel(40, { insight: [] });
    const proposal = propose(base, lengthModel(20), approvedBy(), { head: { signed: both } });
    const { findings } = consented([{ ...narrowing(proposal) }], proposal, asOfMs);
    expect(findings[0]?.help).toContain('; this change lists it, and it counts once that is merged.');
  });

  test('of one party has no say for another', () => {
    expect(helpOf({ signed: { 'b.consent.json': signedBy(keys.retail, ofTeam) } })).toContain(
      'base does not list the key that signed it',
    );
  });

  test('counts from its first day to its last, both in UTC', () => {
    const listed = { insight: [{ key: insight, from: '2026-06-10', until: '2026-06-20' }] };
    expect(says(listed, Date.parse('2026-06-09T23:59:59Z'))).toContain('counts from 2026-06-10 on.');
    expect(says(listed, Date.parse('2026-06-10T00:00:00Z'))).toBe('it counts');
    expect(says(listed, Date.parse('2026-06-20T23:59:59Z'))).toBe('it counts');
    expect(says(listed, Date.parse('2026-06-21T00:00:00Z'))).toContain('counted until 2026-06-20.');
  });

  test('that is revoked counts for nothing from that day on', () => {
    const listed = { insight: [{ key: insight, revoked: '2026-06-15' }] };
    expect(says(listed, Date.parse('2026-06-14T23:59:59Z'))).toBe('it counts');
    expect(says(listed)).toContain('was revoked on 2026-06-15, and nothing that it signed counts since.');
  });

  test('may be one of several, and its signature one of several', () => {
    const signatures = [keys.stranger, keys.insight].map(({ sign }) => sign(statementText(ofTeam)));
    const signed = { ...both, 'b.consent.json': consentFileText({ statement: ofTeam, signatures }) };
    const listed = { insight: [{ key: keys.retail.key }, { key: `${insight}` }] };
    expect(helpOf({ signed, listed })).toBe('it counts');
  });

  test('signs in the namespace of consents alone', () => {
    const signatures = [keys.insight.sign(statementText(ofTeam), { namespace: 'git' })];
    const signed = { ...both, 'b.consent.json': consentFileText({ statement: ofTeam, signatures }) };
    expect(helpOf({ signed })).toContain('the signature is not of what it says now');
  });
});

test('a statement counts until its last day is over', () => {
  expect(helpOf({ signed: both, asOfMs: Date.parse('2026-12-31T23:59:59Z') })).toBe('it counts');
  expect(helpOf({ signed: both, asOfMs: Date.parse('2027-01-01T00:00:00Z') })).toContain(
    'it counted until 2026-12-31, which is over.',
  );
});

describe('a signed statement counts once', () => {
  const spent = 'but it counts once, and base has it already: it was used, or merged without its change.';

  test('one that base has is spent, under whatever path and in whatever layout head has it', () => {
    const signedBase = { 'old/b.consent.json': both['b.consent.json'] };
    const compact = JSON.stringify(JSON.parse(both['b.consent.json']));
    expect(helpOf({ signed: both, signedBase })).toContain(spent);
    expect(helpOf({ signed: { ...both, 'b.consent.json': compact }, signedBase })).toContain(spent);
  });

  test('one that base has is spent though another key signed it now', () => {
    const signedBase = { 'b.consent.json': signedBy(keys.stranger, ofTeam) };
    expect(helpOf({ signed: both, signedBase })).toContain(spent);
  });

  test('so it stays in the model until its last day is over; it may move', () => {
    const base = lengthModel(20);
    const removal = (files: Readonly<Record<string, string>>, at = asOfMs) => {
      const proposal = propose(base, base, approvedBy(), { base: { signed: both }, head: { signed: files } });
      return consentFiles(proposal, at).map((f) => f.message);
    };
    expect(removal(both)).toEqual([]);
    expect(removal({ 'x/c.consent.json': both['a.consent.json'], 'b.consent.json': both['b.consent.json'] })).toEqual(
      [],
    );
    expect(removal({ 'a.consent.json': both['a.consent.json'] })).toEqual([
      `this change takes a consent of 'retail/insight' about '${address}' out of 'b.consent.json'. A consent counts once because base still has it: gone from there, it could come back and count again.`,
    ]);
    expect(removal({}, Date.parse('2027-01-01T00:00:00Z'))).toEqual([]);
  });
});

describe('an entry', () => {
  const entry = { name: 'shorter', ...ofTeam };
  const judgedWith = (inBase: boolean, inHead: boolean) => {
    const base = lengthModel(40, {}, inBase ? [entry] : []);
    const head = lengthModel(20, {}, inHead ? [entry] : []);
    const proposal = propose(base, head, approvedBy(), {
      head: { signed: { 'a.consent.json': both['a.consent.json'] } },
    });
    const { findings, consents } = consented([narrowing(proposal)], proposal, asOfMs);
    return findings[0]?.help.split(' but ')[1] ?? consents;
  };

  test('that was merged before counts in the change that removes it, and nowhere else', () => {
    expect(judgedWith(true, false)).toEqual(['a.consent.json', 'consent:shorter']);
    expect(judgedWith(true, true)).toBe(
      'an entry is used up by the change that it is for: remove it in this same change, and it counts.',
    );
    expect(judgedWith(false, true)).toBe(
      'an entry counts once it is merged, before the change: this change brings it along.',
    );
  });
});

describe('a review at the forge', () => {
  test('by an approver of the party is its consent', () => {
    const { findings, consents } = judged({ origin: { approvers: [2, 5] } });
    expect(findings).toEqual([]);
    expect(consents).toEqual(['review by user 2 of github.com', 'review by user 5 of github.com']);
  });

  test('by somebody else, or at another forge, is not', () => {
    expect(judged({ origin: { approvers: [2, 4] } }).findings).toHaveLength(1);
    expect(judged({ origin: { host: 'git.acme.example', approvers: [2, 5] } }).findings).toHaveLength(1);
  });

  test('is asked of base: a change that makes its author an approver does not help', () => {
    const base = lengthModel(40);
    const head = lengthModel(20);
    const owner = { kind: 'approvers', host: 'github.com', users: [66] } as const;
    const zone = { name: 'retail', teams: { sales: { owner }, insight: { owner } } };
    const proposal = propose(
      base,
      { ...head, mesh: { ...head.mesh, zones: { retail: owner } }, zones: { retail: zone } },
      approvedBy(66),
    );
    expect(consented([narrowing(proposal)], proposal, asOfMs).findings).toHaveLength(1);
  });
});

test('without a base nobody can speak', () => {
  const proposal = propose(null, lengthModel(20), approvedBy(2, 5), { head: { signed: both } });
  const { findings } = consented([one], proposal, asOfMs);
  expect(findings[0]?.help).toContain("It needs the consent of zone 'retail', which base does not have.");
});

test('what is missing names both parties of these tests', () => {
  expect(needs.every((party) => helpOf({}).includes(`'${party}'`))).toBe(true);
});
