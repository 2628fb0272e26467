/** Random meshes and random edits of them, from a seed: small names from small pools, so that edits meet. */
import { type Random, random } from '../../flow/testing/reference.ts';
import { canonicalModel } from '../../model/canonical.ts';
import { lookupIn } from '../../model/lookup.ts';
import type { Column, Dataset, Datastore, Model, Offer, Reference, Team, Workspace, Zone } from '../../model/model.ts';
import { offeredDigest } from '../../model/offered.ts';
import type { Owner } from '../../model/owner.ts';
import type { Origin } from '../origin.ts';

export type Dice = {
  readonly below: (n: number) => number;
  readonly one: <T>(of: readonly T[]) => T;
  readonly some: <T>(of: readonly T[]) => readonly T[];
  readonly odds: (of: number) => boolean;
  readonly rnd: Random;
};

export function diceOf(seed: number): Dice {
  const rnd = random(seed);
  const below = (n: number) => Math.floor(rnd() * n);
  const one = <T>(of: readonly T[]): T => {
    const found = of[below(of.length)];
    if (found === undefined) throw new Error('nothing to choose from');
    return found;
  };
  return { rnd, below, one, some: (of) => of.filter(() => rnd() < 0.5), odds: (of) => below(of) === 0 };
}

/** The day of every random test, and days before and after it. */
export const asOfMs = Date.parse('2026-06-01T12:00:00Z');
const [past, today, future] = ['2026-05-31', '2026-06-01', '2026-12-31'] as const;

const approvers = (...users: number[]): Owner => ({ kind: 'approvers', host: 'github.com', users });
const repository = (id: number, host = 'github.com'): Owner => ({ kind: 'repository', host, name: `acme/r${id}`, id });

export const owners: readonly Owner[] = [
  approvers(1, 2),
  approvers(2, 3),
  approvers(4),
  repository(10),
  repository(11),
  repository(10, 'git.example'),
];

export function randomOrigin(dice: Dice): Origin {
  const { below, one, odds } = dice;
  const owner = one(owners);
  // Mostly somebody who owns something.
  if (!odds(4) && owner.kind === 'repository')
    return { host: owner.host, repository: { id: owner.id, name: 'acme/any' }, approvers: [], isOfficial: true };
  return {
    host: odds(10) ? 'git.example' : 'github.com',
    repository: odds(3) ? { id: odds(4) ? null : 10 + below(3), name: `acme/r${10 + below(2)}` } : null,
    approvers: [1, 2, 3, 4, 5].filter(() => odds(3)),
    isOfficial: !odds(4),
  };
}

const zones = ['retail', 'risk'] as const;
const teams = ['sales', 'insight'] as const;
const parties = zones.flatMap((zone) => teams.map((team) => `${zone}/${team}`));

export function randomModel(dice: Dice): Model {
  const { one, odds } = dice;
  const isDefined = { retail: true, risk: !odds(5) };
  const datastores = parties.flatMap((party) =>
    ['orders', 'stock'].filter(() => odds(2)).map((name) => randomDatastore(dice, `${party}/${name}`)),
  );
  const workspaces = parties
    .filter(() => odds(2))
    .map((party) =>
      randomWorkspace(
        dice,
        `${party}/report`,
        datastores.map(({ address }) => address),
      ),
    );
  const model: Model = {
    language: 1,
    mesh: {
      name: 'acme',
      language: 1,
      owner: one(owners),
      zones: { retail: one(owners), risk: one(owners) },
      environments: { prod: one(owners), uat: one(owners) },
      ...(odds(2) ? { doc: 'a mesh' } : {}),
    },
    zones: Object.fromEntries(zones.filter((z) => isDefined[z]).map((name) => [name, randomZone(dice, name)])),
    datastores: byAddress(datastores),
    workspaces: byAddress(workspaces),
    transformers: odds(3)
      ? byAddress([
          {
            address: 'retail/sales/daily',
            reads: { o: { from: `${one(parties)}/orders.a` } },
            code: { kind: 'sql', dialect: 'postgres', queries: { d: 'select 1' } },
          },
        ])
      : {},
    environments: odds(2) ? { prod: randomEnvironment('prod') } : {},
    consents: odds(2) ? { c: randomConsent(dice) } : {},
    declassifications: odds(3)
      ? {
          d: {
            name: 'd',
            zone: one(zones),
            transformer: 'retail/sales/daily',
            of: ['retail/sales/stock.a'],
            code: '0'.repeat(64),
            reason: 'counts only',
            until: future,
          },
        }
      : {},
    offers: {},
  };
  const whole = canonicalModel(model);
  const offers = ['o1', 'o2'].filter(() => odds(2)).map((name) => randomOffer(dice, name, whole));
  return canonicalModel({ ...whole, offers: Object.fromEntries(offers.map((offer) => [offer.name, offer])) });
}

function byAddress<T extends { readonly address: string }>(list: readonly T[]): Readonly<Record<string, T>> {
  return Object.fromEntries(list.map((one) => [one.address, one]));
}

function randomZone(dice: Dice, name: string): Zone {
  const { one, odds } = dice;
  const team = (): Team => ({
    owner: one(owners),
    ...(odds(2) ? { may: { clearance: 'internal', readers: ['group:bi', 'user:ana'] } } : {}),
    ...(odds(3) ? { contact: { chat: '#here' } } : {}),
  });
  return {
    name,
    teams: Object.fromEntries(teams.filter(() => !odds(6)).map((one) => [one, team()])),
    ...(odds(3) ? { policies: { eu: { demands: { kind: 'within', regions: ['*:eu'] } } } } : {}),
  };
}

export function randomDatastore({ below, some, odds }: Dice, address: string): Datastore {
  const column = (): Column => ({
    type: odds(2) ? { kind: 'int', bits: odds(2) ? 32 : 64 } : { kind: 'varchar', length: 10 + below(3) },
    ...(odds(3) ? { labels: some(['pii', 'mnpi', 'gdpr']) } : {}),
    ...(odds(3) ? { nullable: true } : {}),
  });
  const dataset = (): Dataset => ({
    columns: Object.fromEntries(some(['id', 'name', 'total', 'order']).map((name) => [name, column()])),
    ...(odds(3) ? { key: ['id'] } : {}),
  });
  return {
    address,
    source: 'shop',
    changes: { mode: 'snapshot' },
    datasets: Object.fromEntries(['a', 'b', 'c'].filter(() => odds(2)).map((name) => [name, dataset()])),
    ...(odds(4) ? { consumers: ['retail/insight/report.g', 'risk/insight/report.g'] } : {}),
  };
}

function randomWorkspace({ below, one, some, odds }: Dice, address: string, stores: readonly string[]): Workspace {
  const reference = (): Reference => ({
    from: `${stores.length === 0 ? 'retail/sales/orders' : one(stores)}.${one(['a', 'b', '*'])}`,
    ...(odds(2) ? { columns: some(['id', 'name', 'total']) } : {}),
    ...(odds(4) ? { nulls: 'ok' } : {}),
  });
  return {
    address,
    groups: Object.fromEntries(
      ['g', 'h']
        .filter(() => odds(2))
        .map((name) => [name, { read: Array.from({ length: 1 + below(4) }, reference), latency: one(['10s', '1h']) }]),
    ),
  };
}

function randomEnvironment(name: string) {
  const container = { engine: 'big', fields: { database: 'db' } };
  return { name, ledger: container, connections: { shop: container }, stores: { main: container } };
}

function randomConsent({ one }: Dice) {
  return {
    name: 'c',
    mesh: 'acme',
    rule: 'column-dropped',
    address: 'retail/sales/orders',
    before: null,
    after: '1'.repeat(64),
    party: one([...zones, ...parties]),
    reason: 'agreed',
    notAfter: future,
    nonce: 'n',
  };
}

/** Of a party or an object, mostly as it is now. */
export function randomOffer(dice: Dice, name: string, model: Model): Offer {
  const { one, odds } = dice;
  const objects = [
    ...Object.keys(model.datastores),
    ...Object.keys(model.workspaces),
    ...Object.keys(model.transformers),
  ];
  const isObject = objects.length > 0 && odds(2);
  const address = isObject ? one(objects) : one(['mesh', ...zones, ...parties, 'environment:prod', 'environment:uat']);
  const digest = odds(6) ? null : offeredDigest(lookupIn(model), address);
  return {
    name,
    address,
    digest: digest ?? 'f'.repeat(64),
    to: one(owners),
    ...(isObject ? { as: `${one(parties)}/${one(['orders', 'stock', 'moved'])}` } : {}),
    until: one([past, today, future, future]),
  };
}
