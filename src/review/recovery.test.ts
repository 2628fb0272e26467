import { describe, expect, test } from 'vitest';
import { testFacts } from '../check/testing/facts.ts';
import { testModel } from '../check/testing/model.ts';
import { canonicalModel } from '../model/canonical.ts';
import type { Mesh, Model, Zone } from '../model/model.ts';
import type { Owner } from '../model/owner.ts';
import { authorize } from './authorize.ts';
import { noOrigin, type Origin } from './origin.ts';
import { parseRecovery, type Recovery } from './recovery-file.ts';
import { review } from './review.ts';
import { approvedBy, propose, type SideParts } from './testing/propose.ts';
import { withOwner } from './testing/random-edit.ts';
import { ana, ben, cleo, recoveryFile } from './testing/recovery.ts';

/** User 1 owns the mesh, 2 zone retail, 4 team sales. Two of three signers recover, after two weeks. */
const users = (id: number): Owner => ({ kind: 'approvers', host: 'github.com', users: [id] });
const signers = [ana, ben, cleo].map(({ key }) => ({ key }));
const mesh: Partial<Mesh> = { signers, recovery: { signatures: 2, waiting: '14d' } };
const zone: Partial<Zone> = { signers };
const base = testModel({ mesh, zone });
const file = 'recoveries/sales.recovery.json';
const announced = recoveryFile({ owner: users(4) }, ana, ben);

const day = (text: string) => Date.parse(`${text}T12:00:00Z`);

function found(
  head: Model,
  at: string,
  origin: Origin,
  {
    before = {},
    after = {},
    from = base,
  }: { before?: SideParts['recoveries']; after?: SideParts['recoveries']; from?: Model },
): readonly string[] {
  const parts = { base: { recoveries: before }, head: { recoveries: after } };
  return authorize(propose(canonicalModel(from), canonicalModel(head), origin, parts), day(at)).map(
    ({ rule, address, message }) => `${rule} ${address}: ${message}`,
  );
}

describe('a recovery is announced', () => {
  const brings = (text: string, at = '2026-06-01', from = base) =>
    found(from, at, noOrigin, { after: { [file]: text }, from });

  test('with as many signatures of the parent’s signers in base as the mesh asks for, by whoever brings it', () => {
    expect(brings(announced)).toEqual([]);
    const wrong = (reason: string) => [
      `bad-recovery retail/sales: '${file}' announces that an owner is replaced, and has no force: ${reason}.`,
    ];
    const few = wrong("it is signed by 1 of the signers of zone 'retail', and 2 are needed");
    expect(brings(recoveryFile({ owner: users(4) }, ana))).toEqual(few);
    expect(brings(recoveryFile({ owner: users(4) }, ana, ana))).toEqual(few);
    expect(brings(announced.replace('dissolved', 'resolved'))).toEqual(
      wrong("it is signed by 0 of the signers of zone 'retail', and 2 are needed"),
    );
    const revoked = [
      { key: ana.key, revoked: '2026-05-01' },
      { key: ben.key, until: '2026-05-31' },
      { key: cleo.key, from: '2026-06-02' },
    ];
    expect(
      brings(
        recoveryFile({ owner: users(4) }, ana, ben, cleo),
        '2026-06-01',
        testModel({ mesh, zone: { signers: revoked } }),
      ),
    ).toHaveLength(1);
    // Signers that the change itself lists, and those of the mesh for a team, have no say.
    expect(
      found(base, '2026-06-01', noOrigin, { after: { [file]: announced }, from: testModel({ mesh }) }),
    ).toHaveLength(2);
  });

  test.each<[string, Partial<Recovery>]>([
    ['waiting cannot begin before 2026-06-02', {}],
    ['it ends with 2026-06-15, before its waiting does', { announced: '2026-06-02', until: '2026-06-15' }],
    ["it is of mesh 'other'", { mesh: 'other' }],
    ["team 'retail/sales' is owned by approvers user 4, not by approvers user 9", { owner: users(9) }],
    ["'retail/none' is no zone, team or environment of the mesh", { address: 'retail/none' }],
    ["'mesh' is no zone, team or environment of the mesh", { address: 'mesh' }],
    ['it expired after 2026-05-31', { until: '2026-05-31' }],
  ])('not where %s', (reason, parts) => {
    const [one = '', ...more] = brings(recoveryFile({ owner: users(4), ...parts }, ana, ben), '2026-06-02');
    expect(one).toContain(`${reason}.`);
    expect(more).toEqual([]);
  });

  test.each([
    ['{', 'the file is no JSON'],
    ['{}', 'the file is no recovery: it lacks  version: 1'],
    [
      announced.replace('"version": 1', '"version": 1, "more": 1'),
      "the file is no recovery: it has a 'version', a 'statement' and 'signatures', and nothing else",
    ],
    [announced.replace('"nonce"', '"extra": 1, "nonce"'), 'the file says something that is not known'],
    [
      announced.replace('"nonce"', '"nonce": "n", "nonce"'),
      'the file says something twice, and only one of the two can count',
    ],
    [
      announced.replace('2026-06-01', '2026-02-30'),
      "the file has no days such as '2026-12-31' in 'announced' and 'until'",
    ],
  ])('nor where the file is none: %#', (text, reason) => {
    expect(brings(text)).toEqual([
      `bad-recovery null: '${file}' announces that an owner is replaced, and has no force: ${reason}.`,
    ]);
  });

  test('a mesh that says nothing of recovery has none', () => {
    expect(brings(announced, '2026-06-01', testModel({ zone }))).toHaveLength(1);
  });
});

describe('a recovery is done', () => {
  const taken = withOwner(base, 'retail/sales', users(2));
  const does = (at: string, origin: Origin, after = {}, head = taken, text = announced) =>
    found(head, at, origin, { before: { [file]: text }, after }).map((one) => one.split(':')[0]);

  test('by the parent, once waiting is over, with the file taken out', () => {
    expect(does('2026-06-15', approvedBy(2))).toEqual([]);
    expect(does('2026-06-14', approvedBy(2))).toEqual(['owner-changed retail/sales']);
    expect(does('2026-08-01', approvedBy(2))).toEqual(['owner-changed retail/sales']);
    expect(does('2026-06-15', approvedBy(2), { other: announced })).toEqual(['owner-changed retail/sales']);
  });

  test('by nobody else, and to nobody else', () => {
    for (const origin of [approvedBy(1), approvedBy(9), noOrigin])
      expect(does('2026-06-15', origin)).toContain('owner-changed retail/sales');
    expect(does('2026-06-15', approvedBy(2, 9), {}, withOwner(base, 'retail/sales', users(9)))).toEqual([
      'owner-changed retail/sales',
    ]);
  });

  test('not by signatures that base no longer counts', () => {
    const revoked = testModel({ mesh, zone: { signers: signers.map((one) => ({ ...one, revoked: '2026-06-10' })) } });
    const head = withOwner(revoked, 'retail/sales', users(2));
    expect(found(head, '2026-06-15', approvedBy(2), { before: { [file]: announced }, from: revoked })).toHaveLength(1);
  });

  test('of a zone or environment by the mesh', () => {
    for (const [address, owner] of [
      ['retail', 2],
      ['environment:prod', 3],
    ] as const) {
      const text = recoveryFile({ address, owner: users(owner) }, ana, cleo);
      expect(
        found(withOwner(base, address, users(1)), '2026-06-15', approvedBy(1), { before: { [file]: text } }),
      ).toEqual([]);
    }
  });
});

describe('while it waits', () => {
  test('the owner who is still there takes it out, and so does the parent; nobody else does', () => {
    const removes = (origin: Origin) =>
      found(base, '2026-06-05', origin, { before: { [file]: announced } }).map((one) => one.split(':')[0]);
    for (const user of [4, 2]) expect(removes(approvedBy(user))).toEqual([]);
    for (const origin of [approvedBy(1, 5), noOrigin]) expect(removes(origin)).toEqual(['not-the-owner retail/sales']);
  });

  test('it may move and be laid out in another way, and can neither lose its signatures nor come back', () => {
    const moves = (text: string) =>
      found(base, '2026-06-05', noOrigin, {
        before: { [file]: announced },
        after: { 'elsewhere.recovery.json': text },
      });
    expect(moves(announced)).toEqual([]);
    expect(moves(JSON.stringify(JSON.parse(announced)))).toEqual([]);
    const parsed = parseRecovery(announced);
    if ('wrong' in parsed) throw new Error(parsed.wrong);
    expect(
      moves(JSON.stringify({ version: 1, statement: parsed.statement, signatures: parsed.signatures.slice(1) })),
    ).toHaveLength(1);
    expect(found(base, '2026-06-05', noOrigin, { after: { [file]: announced } })).toHaveLength(1);
  });

  test('it is told of while it lacks a signer who may come back, and base says so to who tries it', () => {
    const without = testModel({ mesh, zone: { signers: signers.slice(1) } });
    const recoveries = { [file]: announced };
    const notices = (from: Model, at: string) =>
      review(
        propose(canonicalModel(from), canonicalModel(from), noOrigin, { base: { recoveries }, head: { recoveries } }),
        testFacts,
        { asOfMs: day(at) },
      ).findings.map(({ message }) => message);
    expect(notices(without, '2026-06-05')).toEqual([
      "team 'retail/sales' of approvers user 4 is being taken over by zone 'retail', from 2026-06-15 00:00 UTC on: the team was dissolved. It has no force as long as it is signed by 1 of the signers of zone 'retail', and 2 are needed",
    ]);
    expect(notices(without, '2026-09-01')).toEqual([]);
    const taken = (from: Model, at: string) =>
      found(withOwner(from, 'retail/sales', users(2)), at, approvedBy(2), { before: recoveries, from });
    expect(taken(without, '2026-06-16').join()).toContain(
      `and the recovery in '${file}' has no force: it is signed by 1 of the signers of zone 'retail', and 2 are needed.`,
    );
    expect(taken(base, '2026-09-01').join()).toContain(`the recovery in '${file}' has no force: it expired after`);
  });

  test('every review warns of it, and every finding about what it concerns', () => {
    const head = canonicalModel(testModel({ mesh, zone, orders: { doc: 'mine' }, reporting: { doc: 'mine' } }));
    const recoveries = { [file]: announced };
    const proposal = propose(canonicalModel(base), head, noOrigin, { base: { recoveries }, head: { recoveries } });
    const { findings } = review(proposal, testFacts, { asOfMs: day('2026-06-05') });
    const notice =
      "team 'retail/sales' of approvers user 4 is being taken over by zone 'retail', from 2026-06-15 00:00 UTC on: the team was dissolved";
    expect(
      findings.map(({ severity, rule, address, related }) => [
        severity,
        rule,
        address,
        ...related.map(({ message }) => message),
      ]),
    ).toEqual([
      ['error', 'not-the-owner', 'retail/insight/reporting'],
      ['error', 'not-the-owner', 'retail/sales/orders', notice],
      ['warning', 'recovery-announced', 'retail/sales'],
    ]);
    expect(findings.at(-1)?.message).toBe(notice);
  });
});
