import { expect, test } from 'vitest';
import { testFacts } from '../check/testing/facts.ts';
import { testDatastore, testModel } from '../check/testing/model.ts';
import { testOffer } from '../check/testing/offer.ts';
import { canonicalModel } from '../model/canonical.ts';
import type { Consent, Model, Offer } from '../model/model.ts';
import { digestObject } from '../model/object.ts';
import { compatibility } from './compatibility.ts';
import { noOrigin, type Origin } from './origin.ts';
import { review } from './review.ts';
import { approvedBy, propose } from './testing/propose.ts';

const asOfMs = Date.parse('2026-06-01T12:00:00Z');
const stock = testDatastore('retail/sales/stock', { production: true });
const zones = {
  retail: { kind: 'approvers', host: 'github.com', users: [2] },
  risk: { kind: 'approvers', host: 'github.com', users: [7] },
} as const;
const lab = { owner: { kind: 'approvers', host: 'github.com', users: [5] } } as const;

/** Zone risk, with a team of the receiver, beside retail, whose policy names who reads its rows. */
function model(at: string, parts: { offers?: readonly Offer[]; consents?: readonly Consent[] } = {}): Model {
  const policies = { 'who reads': { demands: { kind: 'readableBy', parties: ['retail'] } } } as const;
  const plain = testModel({ mesh: { zones }, zone: { policies }, datastores: [{ ...stock, address: at }], ...parts });
  return { ...plain, zones: { ...plain.zones, risk: { name: 'risk', teams: { lab } } } };
}

const gift = (as: string) => testOffer(stock.address, { as }, model(stock.address));

function moved(as: string, origin: Origin, consents: readonly Consent[] = []) {
  const [base, head] = [model(stock.address, { offers: [gift(as)], consents }), model(as)].map(canonicalModel);
  if (base === undefined || head === undefined) throw new Error('two models');
  const { verdict, findings, consents: had } = review(propose(base, head, origin), testFacts, { asOfMs });
  const found = findings.filter(({ rule }) => rule !== 'tombstone-missing');
  return {
    verdict,
    found: found.map(({ rule, severity, address }) => `${severity} ${rule} ${address}`),
    findings,
    had,
  };
}

/** The zone's word on the move to an address, merged before. */
function entry(to: string): Consent {
  const digest = (address: string) =>
    digestObject({ kind: 'datastore', address, noun: canonicalModel(model(address)).datastores[address] ?? stock });
  return {
    name: 'leave',
    mesh: 'acme',
    rule: 'zone-left',
    address: stock.address,
    before: digest(stock.address),
    after: digest(to),
    party: 'retail',
    reason: 'it is theirs',
    notAfter: '2026-12-31',
    nonce: '0123456789abcdef',
  };
}

test('a datastore that moves out of its zone takes its rows from under the policies of the zone, which is asked', () => {
  const { verdict, found, findings } = moved('risk/lab/stock', approvedBy(5));
  expect([verdict, found]).toEqual(['blocked', ['error zone-left retail/sales/stock']]);
  expect(findings.find(({ rule }) => rule === 'zone-left')).toMatchObject({
    message:
      "datastore 'retail/sales/stock' moves to 'risk/lab/stock' and leaves zone 'retail'. The policies of that zone ('who reads') went with its rows to every reader; from now on those of zone 'risk' do.",
    help: expect.stringMatching(
      /^Offer it to a team of zone 'retail'\. The consent of zone 'retail' \(approvers user 2\) is missing/,
    ),
    owner: 'approvers user 4',
  });
});

test('within the zone nobody is asked', () => {
  expect(moved('retail/insight/stock', approvedBy(5))).toMatchObject({ verdict: 'pass', found: [] });
});

test('the zone consents by a review', () => {
  expect(moved('risk/lab/stock', approvedBy(2, 5))).toMatchObject({ verdict: 'pass', found: [] });
});

test('what it consents to is there for whoever looks, though the move is not theirs to make', () => {
  const [base, head] = [model(stock.address, { offers: [gift('risk/lab/stock')] }), model('risk/lab/stock')];
  const breaksFor = (origin: Origin) =>
    compatibility(propose(canonicalModel(base), canonicalModel(head), origin), testFacts, asOfMs)
      .filter(({ rule }) => rule === 'zone-left')
      .map(({ finding, before, after, needs }) => [finding.id, before, after, needs]);
  expect(breaksFor(noOrigin)).toHaveLength(1);
  expect(breaksFor(noOrigin)).toEqual(breaksFor(approvedBy(5)));
});

test('or by an entry, which the move takes out and which is of this move alone', () => {
  expect(moved('risk/lab/stock', approvedBy(5), [entry('risk/lab/stock')])).toMatchObject({
    verdict: 'pass',
    had: ['consent:leave'],
  });
  const { verdict, found } = moved('risk/lab/stock', approvedBy(5), [entry('risk/lab/other')]);
  expect([verdict, found]).toEqual(['blocked', ['error not-the-owner consent:leave']]);
});
