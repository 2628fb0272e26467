import { describe, expect, test } from 'vitest';
import { testDatastore, testModel } from '../check/testing/model.ts';
import { testOffer } from '../check/testing/offer.ts';
import { canonicalModel } from '../model/canonical.ts';
import type { Model, Offer } from '../model/model.ts';
import type { Owner } from '../model/owner.ts';
import { authorize } from './authorize.ts';
import { interlock } from './interlock.ts';
import { noOrigin, type Origin } from './origin.ts';
import { approvedBy, fromRepository, propose } from './testing/propose.ts';
import { withOwner } from './testing/random-edit.ts';

const asOfMs = Date.parse('2026-06-01T12:00:00Z');

function found(base: Model, head: Model, origin: Origin = noOrigin): readonly string[] {
  return authorize(propose(canonicalModel(base), canonicalModel(head), origin), asOfMs).map(
    ({ rule, address, message }) => `${rule} ${address}: ${message}`,
  );
}

const repository = (id: number): Owner => ({ kind: 'repository', host: 'github.com', name: `acme/r${id}`, id });
const users = (...ids: number[]): Owner => ({ kind: 'approvers', host: 'github.com', users: ids });

describe('an owner changes', () => {
  const plain = testModel({});
  const offerTo = (address: string, to: Owner, parts: Partial<Offer> = {}) =>
    testModel({ offers: [testOffer(address, { to, ...parts })] });

  test.each(['mesh', 'retail', 'retail/sales', 'environment:prod'])(
    'of %s, by an offer in base and the change of the receiver',
    (address) => {
      const base = offerTo(address, repository(9));
      const head = withOwner(plain, address, repository(9));
      expect(found(base, head, fromRepository(9))).toEqual([]);
      // Neither the old owner, nor who declares it, nor anybody else.
      for (const origin of [approvedBy(1, 2, 3, 4, 5), fromRepository(8), noOrigin])
        expect(found(base, head, origin).map((one) => one.split(':')[0])).toContain(
          address.startsWith('environment') ? 'owner-changed environment' : `owner-changed ${address}`,
        );
    },
  );

  test('never by one side alone: it is offered by the one and accepted by the other', () => {
    const head = withOwner(plain, 'retail/sales', repository(9));
    for (const origin of [approvedBy(4), approvedBy(2), fromRepository(9)])
      expect(found(plain, head, origin)).toEqual([
        "owner-changed retail/sales: this change makes github.com acme/r9 the owner of team 'retail/sales', which is owned by approvers user 4: ownership is offered by the one and accepted by the other, and nobody offered it.",
      ]);
  });

  test('by both at once: whoever is among the old and the new approvers, or a repository that an old approver approves', () => {
    const joined = withOwner(plain, 'retail/sales', users(4, 6));
    expect(found(plain, joined, approvedBy(4))).toEqual([]);
    expect(found(plain, joined, approvedBy(6))).toHaveLength(1);
    const moved = withOwner(plain, 'retail/sales', repository(9));
    expect(found(plain, moved, { ...fromRepository(9), approvers: [4] })).toEqual([]);
  });

  test('another label of the same owner is no transfer: it is the word of who declares it', () => {
    const base = testModel({ sales: { owner: repository(9) } });
    const head = testModel({
      sales: { owner: { kind: 'repository', host: 'github.com', name: 'acme/renamed', id: 9 } },
    });
    expect(found(base, head, approvedBy(2))).toEqual([]);
    expect(found(base, head, fromRepository(9))).toHaveLength(1);
  });

  test.each([
    ['expired', { until: '2026-05-31' }, "offer 'gift' expired after 2026-05-31"],
    [
      'of what changed since',
      { digest: '0'.repeat(64) },
      "offer 'gift' is of 'retail/sales' as it was before it or its owner changed",
    ],
    [
      'to another',
      { to: { ...repository(8), name: 'acme/r9' } },
      "offer 'gift' is to github.com acme/r9 (repository 8), and not to github.com acme/r9 (repository 9)",
    ],
    [
      'to the same under another name',
      { to: { ...repository(9), name: 'acme/r8' } },
      "offer 'gift' calls its receiver github.com acme/r8 (repository 9): write it as the offer does",
    ],
  ])('not by an offer that is %s', (_, parts, reason) => {
    const base = offerTo('retail/sales', repository(9), parts);
    const findings = found(base, withOwner(plain, 'retail/sales', repository(9)), fromRepository(9));
    expect(findings.find((one) => one.startsWith('owner-changed'))).toContain(`and ${reason}.`);
  });

  test('and who owns the mesh is told of no recovery, which it has none of', () => {
    const ways = (address: string) =>
      authorize(propose(canonicalModel(plain), canonicalModel(withOwner(plain, address, users(9))), noOrigin), asOfMs)
        .filter(({ rule }) => rule === 'owner-changed')
        .map(({ help }) => help.includes('freehold recover'));
    expect([ways('retail'), ways('mesh')]).toEqual([[true], [false]]);
  });

  test('two repositories of one name are told apart by their numbers', () => {
    const [old, now] = [repository(9), { ...repository(8), name: 'acme/r9' }];
    expect(found(testModel({ sales: { owner: old } }), testModel({ sales: { owner: now } }))).toEqual([
      expect.stringContaining(
        "makes github.com acme/r9 (repository 8) the owner of team 'retail/sales', which is owned by github.com acme/r9 (repository 9):",
      ),
    ]);
  });

  test('only once: the offer goes with its use', () => {
    const base = offerTo('retail/sales', repository(9));
    const [finding = ''] = found(base, withOwner(base, 'retail/sales', repository(9)), fromRepository(9));
    expect(finding).toContain("offer 'gift' is used by this change and stays in the model: take it out.");
  });

  test('and nothing else with it', () => {
    const base = offerTo('retail/sales', repository(9));
    const more = withOwner(testModel({ orders: { doc: 'mine' } }), 'retail/sales', repository(9));
    expect(found(base, more, fromRepository(9)).map((one) => one.split(':')[0])).toEqual([
      'not-the-owner retail/sales/orders',
    ]);
    // The offer itself is its owner's until it is used.
    expect(found(base, plain, fromRepository(9)).map((one) => one.split(' ')[0])).toEqual(['not-the-owner']);
    expect(found(base, plain, approvedBy(4))).toEqual([]);
  });
});

describe('an object moves', () => {
  const stock = testDatastore('retail/sales/stock', {
    doc: 'Stock.',
    datasets: { a: { columns: { id: { type: { kind: 'text' } } } } },
  });
  const plain = testModel({ datastores: [stock] });
  const gift = testOffer('retail/sales/stock', { as: 'retail/insight/stock' }, plain);
  const base = testModel({ datastores: [stock], offers: [gift] });
  const moved = { ...stock, address: 'retail/insight/stock' };
  const head = testModel({ datastores: [moved] });
  const receiver = approvedBy(5);

  test('to the address and the receiver that it was offered to', () => {
    expect(found(base, head, receiver)).toEqual([]);
    // The receiver's team gets it: its old owner cannot push it there.
    expect(found(base, head, approvedBy(4)).map((one) => one.split(':')[0])).toEqual([
      'not-the-owner retail/insight/stock',
    ]);
    expect(found(plain, head, receiver).map((one) => one.split(':')[0])).toEqual(['not-the-owner retail/sales/stock']);
  });

  test('as it is: a change comes after', () => {
    const changed = testModel({ datastores: [{ ...moved, doc: 'Mine.' }] });
    expect(found(base, changed, receiver)).toHaveLength(2);
    const elsewhere = testModel({ datastores: [{ ...stock, address: 'retail/insight/other' }] });
    expect(found(base, elsewhere, receiver)).toHaveLength(2);
  });

  test('with those who name it, whoever they are, in nothing but the new address', () => {
    const reader = (from: string, doc?: string) => ({
      address: 'risk/x/reader',
      ...(doc === undefined ? {} : { doc }),
      groups: { g: { read: [{ from: 'retail/sales/orders.customers' }, { from }] } },
    });
    const read = testModel({ datastores: [stock], offers: [gift], workspaces: [reader('retail/sales/stock.a')] });
    const follows = (workspace: ReturnType<typeof reader>) =>
      found(read, testModel({ datastores: [moved], workspaces: [workspace] }), receiver);
    expect(follows(reader('retail/insight/stock.a'))).toEqual([]);
    expect(follows(reader('retail/insight/stock.*'))).toHaveLength(1);
    expect(follows(reader('retail/insight/stock.a', 'more'))).toHaveLength(1);
  });

  test('a producer that approved a group is asked before another team is approved in its place', () => {
    const reader = (team: string) => ({
      address: `retail/${team}/reader`,
      groups: { g: { read: [{ from: 'retail/sales/stock.a' }] } },
    });
    const approving = (...teams: string[]) => ({ ...stock, consumers: teams.map((team) => `retail/${team}/reader.g`) });
    // User 5 owns insight and offers; user 6 owns press and receives.
    const zoneTeams = { sales: { owner: users(4) }, insight: { owner: users(5) }, press: { owner: users(6) } };
    const model = (list: readonly string[], team: string, offers: readonly Offer[] = []) => {
      const plain = testModel({ datastores: [approving(...list)], workspaces: [reader(team)], offers });
      return { ...plain, zones: { retail: { name: 'retail', teams: zoneTeams } } };
    };
    const offered = (list: readonly string[]) =>
      model(list, 'insight', [
        testOffer('retail/insight/reader', { as: 'retail/press/reader', to: users(6) }, model(list, 'insight')),
      ]);
    expect(found(offered(['insight']), model(['press'], 'press'), approvedBy(6))).toEqual([
      expect.stringContaining('not-the-owner retail/sales/stock: '),
    ]);
    const change = propose(
      canonicalModel(offered(['insight'])),
      canonicalModel(model(['press'], 'press')),
      approvedBy(6),
    );
    expect(authorize(change, asOfMs)[0]?.help).toContain(
      "It approved 'retail/insight/reader.g', which is another team's then: have its owner add 'retail/press/reader.g' to  consumers  before, and leave the list as it is.",
    );
    expect(found(offered(['insight']), model(['press'], 'press'), approvedBy(4, 6))).toEqual([]);
    const both = ['insight', 'press'];
    expect(found(offered(both), model(both, 'press'), approvedBy(6))).toEqual([]);
  });

  test('where it may not, whatever hangs on it says why', () => {
    const reader = (from: string) => ({ address: 'retail/sales/reader', groups: { g: { read: [{ from }] } } });
    const production = { ...stock, production: true };
    const late = {
      ...testOffer(stock.address, { as: 'retail/insight/stock' }, testModel({ datastores: [production] })),
      until: '2026-05-31',
    };
    const read = testModel({ datastores: [production], offers: [late], workspaces: [reader('retail/sales/stock.a')] });
    const next = testModel({
      datastores: [{ ...production, address: 'retail/insight/stock' }],
      workspaces: [reader('retail/insight/stock.a')],
    });
    const proposal = propose(canonicalModel(read), canonicalModel(next), receiver);
    const helps = [...authorize(proposal, asOfMs), ...interlock(proposal, asOfMs)].map(
      ({ rule, address, help }) => `${rule} ${address}: ${help.split('. ').at(-1)}`,
    );
    const because = "offer 'gift' expired after 2026-05-31.";
    expect(helps.sort()).toEqual([
      `not-the-owner offer:gift: A move would use it up, but ${because}`,
      `not-the-owner retail/sales/reader.g: It may follow 'retail/sales/stock' to 'retail/insight/stock' once that moves, but ${because}`,
      `not-the-owner retail/sales/stock: It was offered, but ${because}`,
      `removal-too-early retail/sales/stock: It was offered, but ${because}`,
    ]);
  });

  test('together with what its content names, when both are offered', () => {
    const make = { address: 'retail/sales/make', reads: {}, code: { kind: 'image', image: 'i' } } as const;
    const daily = testDatastore('retail/sales/daily', { changes: { mode: 'output', transformer: make.address } });
    const parts = { transformers: [make], datastores: [daily] };
    const offers = [
      testOffer(make.address, { name: 'a', as: 'retail/insight/make' }, testModel(parts)),
      testOffer(daily.address, { name: 'b', as: 'retail/insight/daily' }, testModel(parts)),
    ];
    const both = testModel({
      transformers: [{ ...make, address: 'retail/insight/make' }],
      datastores: [
        { ...daily, address: 'retail/insight/daily', changes: { mode: 'output', transformer: 'retail/insight/make' } },
      ],
    });
    expect(found(testModel({ ...parts, offers }), both, receiver)).toEqual([]);
    // One of the two alone is offered: the other's content is another then.
    expect(found(testModel({ ...parts, offers: offers.slice(1) }), both, receiver)).not.toEqual([]);
  });
});
