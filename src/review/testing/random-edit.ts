import { byCodePoint } from '../../base/digest.ts';
import { canonicalModel } from '../../model/canonical.ts';
import type { Dataset, Datastore, Model, Offer, Zone } from '../../model/model.ts';
import { type Dice, owners, randomDatastore, randomOffer } from './random-model.ts';

/** The model after a few random edits, in canonical form. */
export function randomEdits(dice: Dice, model: Model): Model {
  // Now and then nothing but what was offered, for which the odds are low otherwise.
  if (dice.odds(5)) return canonicalModel(accept(model, dice));
  let edited = model;
  for (let count = 1 + dice.below(3); count > 0; count--) edited = dice.one(edits)(edited, dice);
  return canonicalModel(edited);
}

type Edit = (model: Model, dice: Dice) => Model;

const leaf: Edit = (model, dice) => {
  const [kind, address] = anyObject(model, dice);
  const record: Readonly<Record<string, unknown>> = kind === 'mesh' ? { mesh: model.mesh } : { ...model[kind] };
  const paths = leavesOf(record[address], []);
  if (paths.length === 0) return model;
  const at = dice.one(paths);
  return withLeaf(model, kind === 'mesh' ? ['mesh', ...at] : [kind, address, ...at], dice);
};

const remove: Edit = (model, dice) => {
  const [kind, address] = anyObject(model, dice);
  return kind === 'mesh' ? model : { ...model, [kind]: without(model[kind], address) };
};

const addDatastore: Edit = (model, dice) => {
  const team = dice.one(['retail/sales', 'retail/insight', 'risk/sales', 'risk/new', 'other/team']);
  return withDatastore(model, randomDatastore(dice, `${team}/${dice.one(['orders', 'stock', 'fresh'])}`));
};

/** A dataset or column comes, goes, or changes its place. */
const reshape: Edit = (model, dice) => {
  const stores = Object.values(model.datastores);
  if (stores.length === 0) return model;
  const datastore = dice.one(stores);
  const [name = 'a', dataset = { columns: {} }] = dice.one([...Object.entries(datastore.datasets), ['new', undefined]]);
  const columns = Object.entries(dataset.columns);
  const changed: readonly (Dataset | null)[] = [
    { ...dataset, columns: Object.fromEntries([...columns].reverse()) },
    { ...dataset, columns: Object.fromEntries(columns.slice(1)) },
    { ...dataset, columns: { ...dataset.columns, added: { type: { kind: 'text' } } } },
    null,
  ];
  const next = dice.one(changed);
  const { [name]: _, ...rest } = datastore.datasets;
  return withDatastore(model, { ...datastore, datasets: next === null ? rest : { ...rest, [name]: next } });
};

const declareOwner: Edit = (model, dice) => withOwner(model, dice.one(['mesh', ...partiesOf(model)]), dice.one(owners));

const declare: Edit = (model, dice) =>
  dice.one<() => Model>([
    () => ({ ...model, mesh: { ...model.mesh, zones: { ...model.mesh.zones, other: dice.one(owners) } } }),
    () => ({ ...model, mesh: { ...model.mesh, zones: without(model.mesh.zones, dice.one(['retail', 'risk'])) } }),
    () => ({ ...model, mesh: { ...model.mesh, environments: without(model.mesh.environments, 'uat') } }),
    () => withTeam(model, dice.one(['retail', 'risk']), 'new', { owner: dice.one(owners) }),
    () => withTeam(model, dice.one(['retail', 'risk']), 'sales', undefined),
  ])();

const restate: Edit = (model, dice) => ({
  ...model,
  consents: Object.fromEntries(
    Object.entries(model.consents).map(([name, one]) => [
      name,
      { ...one, party: dice.one(['retail', 'risk/sales', 'x']) },
    ]),
  ),
});

const makeOffer: Edit = (model, dice) => {
  const offer = randomOffer(dice, dice.one(['o1', 'o2', 'o3']), model);
  return { ...model, offers: { ...model.offers, [offer.name]: offer } };
};

/** Does what an offer says, mostly. */
const accept: Edit = (model, dice) => {
  const offers = Object.values(model.offers);
  if (offers.length === 0) return model;
  const offer = dice.one(offers);
  const kept = dice.odds(6) ? model : { ...model, offers: without(model.offers, offer.name) };
  return offer.as === undefined ? withOwner(kept, offer.address, offer.to) : moved(kept, offer, dice);
};

const rename: Edit = (model, dice) => {
  const zone = dice.one(['retail', 'risk']);
  const owner = model.mesh.zones[zone];
  return owner?.kind === 'repository' ? withOwner(model, zone, { ...owner, name: 'acme/renamed' }) : model;
};

const edits: readonly Edit[] = [
  ...[leaf, leaf, leaf, leaf],
  ...[remove, addDatastore, addDatastore, reshape, reshape, declareOwner, declareOwner, declare],
  ...[restate, makeOffer, accept, accept, accept, accept, rename],
];

const kinds = [
  'zones',
  'datastores',
  'workspaces',
  'transformers',
  'environments',
  'consents',
  'declassifications',
  'offers',
] as const;

function anyObject(model: Model, dice: Dice): readonly [(typeof kinds)[number] | 'mesh', string] {
  const all = kinds.flatMap((kind) => Object.keys(model[kind]).map((address) => [kind, address] as const));
  return dice.one([...all, ['mesh', 'mesh'] as const]);
}

function partiesOf(model: Model): readonly string[] {
  return [
    ...Object.keys(model.mesh.zones),
    ...Object.keys(model.mesh.environments).map((name) => `environment:${name}`),
    ...Object.values(model.zones).flatMap(({ name, teams }) => Object.keys(teams).map((team) => `${name}/${team}`)),
  ];
}

/** The model with a party's declared owner replaced, where it is declared. */
export function withOwner(model: Model, party: string, owner: Model['mesh']['owner']): Model {
  const { mesh } = model;
  if (party === 'mesh') return { ...model, mesh: { ...mesh, owner } };
  const [zone = '', team] = party.split('/');
  if (team !== undefined) {
    const declared = model.zones[zone]?.teams[team];
    return declared === undefined ? model : withTeam(model, zone, team, { ...declared, owner });
  }
  const [kind, name = ''] = party.split(':');
  if (kind === 'environment' && mesh.environments[name] !== undefined)
    return { ...model, mesh: { ...mesh, environments: { ...mesh.environments, [name]: owner } } };
  return mesh.zones[party] === undefined
    ? model
    : { ...model, mesh: { ...mesh, zones: { ...mesh.zones, [party]: owner } } };
}

function withTeam(model: Model, zone: string, name: string, team: Zone['teams'][string] | undefined): Model {
  const declared = model.zones[zone];
  if (declared === undefined) return model;
  const teams = team === undefined ? without(declared.teams, name) : { ...declared.teams, [name]: team };
  return { ...model, zones: { ...model.zones, [zone]: { ...declared, teams } } };
}

function withDatastore(model: Model, datastore: Datastore): Model {
  if (isTaken(datastore.address, model.workspaces, model.transformers)) return model;
  return { ...model, datastores: { ...model.datastores, [datastore.address]: datastore } };
}

/** The object of an offer under its new address; sometimes with those who name it, sometimes not quite as it was. */
function moved(model: Model, { address, as = address }: Offer, dice: Dice): Model {
  if (isTaken(as, model.datastores, model.workspaces, model.transformers)) return model;
  const follows = !dice.odds(3);
  const move = <T extends { readonly address: string }>(record: Readonly<Record<string, T>>) => {
    const found = record[address];
    return found === undefined ? record : { ...without(record, address), [as]: { ...found, address: as } };
  };
  const there: Model = {
    ...model,
    datastores: move(model.datastores),
    workspaces: move(model.workspaces),
    transformers: move(model.transformers),
  };
  return follows ? withAddress({ ...there, offers: {} }, address, as, there.offers) : there;
}

/** One address is one object, of whatever kind: loading refuses two. */
function isTaken(address: string, ...records: readonly Readonly<Record<string, unknown>>[]): boolean {
  return records.some((record) => record[address] !== undefined);
}

function withAddress(model: Model, from: string, to: string, offers: Model['offers']): Model {
  const renamed = (text: string) =>
    text === from || text.startsWith(`${from}.`) ? to + text.slice(from.length) : text;
  return { ...mapped(model, renamed), offers };
}

/** A value with each text in it replaced. */
export function mapped<T>(value: T, change: (text: string) => string): T;
export function mapped(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((one: unknown) => mapped(one, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]: [string, unknown]) => [name, mapped(one, change)]));
}

/** What names and kinds are, keeps a noun what it is. */
const fixed = new Set(['kind', 'address', 'name', 'mode', 'dialect', 'language', 'before', 'after']);

function leavesOf(value: unknown, path: readonly string[]): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value)
    .filter(([name]) => !fixed.has(name))
    .flatMap(([name, one]) => leavesOf(one, [...path, name]));
}

function withLeaf<T>(value: T, path: readonly string[], dice: Dice): T;
function withLeaf(value: unknown, path: readonly string[], dice: Dice): unknown {
  const [first, ...rest] = path;
  if (first === undefined) {
    if (typeof value === 'number') return value + 1;
    if (typeof value === 'boolean') return !value;
    return `${String(value)}${dice.one(['x', 'y'])}`;
  }
  if (Array.isArray(value))
    return value.map((one: unknown, at) => (String(at) === first ? withLeaf(one, rest, dice) : one));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]: [string, unknown]) => [
      name,
      name === first ? withLeaf(one, rest, dice) : one,
    ]),
  );
}

function without<R extends Readonly<Record<string, unknown>>>(record: R, name: string): R;
function without(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.fromEntries(Object.entries(record).filter(([other]) => other !== name));
}

/** The same model, its records in another order: columns keep theirs. */
export function shuffled(model: Model, dice: Dice): Model {
  const mix = <T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(
      Object.entries(record)
        .sort(([a], [b]) => byCodePoint(a, b))
        .map((entry) => [dice.rnd(), entry] as const)
        .sort(([a], [b]) => a - b)
        .map(([, entry]) => entry),
    );
  return {
    ...model,
    mesh: { ...model.mesh, zones: mix(model.mesh.zones), environments: mix(model.mesh.environments) },
    zones: mix(model.zones),
    datastores: mix(model.datastores),
    workspaces: mix(model.workspaces),
    transformers: mix(model.transformers),
    environments: mix(model.environments),
    consents: mix(model.consents),
    declassifications: mix(model.declassifications),
    offers: mix(model.offers),
  };
}
