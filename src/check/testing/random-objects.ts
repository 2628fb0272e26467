import type { Code, Column, Container, Dataset, Group, Predicate, Reference, Team } from '../../model/model.ts';
import type { ObjectName } from '../../model/named.ts';
import type { ModelObject } from '../../model/object.ts';
import type { Owner } from '../../model/owner.ts';
import type { Type } from '../../types/type.ts';

export const zones = ['retail', 'risk'];
export const environments = ['prod', 'uat'];
export const teams = ['sales', 'insight'];
export const objects = ['orders', 'crm', 'stock', 'Orders'.toLowerCase(), 'sales'];
const members = ['customers', 'orders', 'items', 'orders_history'];
const columns = ['id', 'name', 'total', 'updated_at', 'fh_x'];
export const statements = ['one', 'two', 'three'];
const levels = ['public', 'internal', 'secret'];
const labels = ['pii', 'mnpi', 'other'];
const connections = ['shop', 'crm', 'lab'];
const engines = ['big', 'small', 'sink', 'none'];
const days = ['2026-01-01', '2026-02-15', '2026-06-30', '2027-01-01', '2026-02-30'];
const durations = ['1s', '10s', '1h', '30d', '8y', 'soon'];
const places = ['own:eu/berlin', 'own:us/austin', 'aws:eu/west', 'mars'];
const regions = ['*:eu', 'own:us', '*:mars'];
const readers = ['group:bi', 'user:ana', 'ana'];

const objectAddresses = zones.flatMap((zone) =>
  teams.flatMap((team) => objects.map((object) => `${zone}/${team}/${object}`)),
);
const dataAddresses = objectAddresses
  .flatMap((address) => [`${address}.*`, `${address}.customers`, `${address}.orders`])
  .filter((_, i) => i % 3 !== 1 || i % 2 === 0);
const groupAddresses = objectAddresses.slice(0, 5).map((address) => `${address}.dashboard`);

/** Draws what one attribute is. */
export type Draw = {
  readonly of: <T>(items: readonly T[]) => T;
  readonly some: <T>(items: readonly T[]) => readonly T[];
  readonly chance: (probability: number) => boolean;
};

export type DrawFor = (label: string) => Draw;

/** A random object of a small vocabulary, right and wrong in every way; `draw` is asked for each attribute by a label. */
export function drawObject({ kind, address }: ObjectName, draw: DrawFor): ModelObject {
  const name = address.slice(address.indexOf(':') + 1);
  switch (kind) {
    case 'mesh':
      return {
        kind,
        address,
        noun: {
          name: 'acme',
          language: 1,
          owner: owner(draw('owner')),
          zones: record(['retail', ...draw('zones').some(['risk', 'empty'])], (zone) => owner(draw(`zone ${zone}`))),
          environments: record(['prod', ...draw('environments').some(['uat', 'dev'])], (e) => owner(draw(`of ${e}`))),
          ...maybe(draw('vendors'), 0.8, ({ some }) => ({
            vendors: { own: some(['eu/berlin', 'us/austin']), aws: some(['eu/west']) },
          })),
          ...maybe(draw('classification'), 0.8, ({ some, of }) => ({
            classification: {
              levels: some(levels),
              labels: record(some(labels), () => ({ dischargedBy: of([['null'], ['hash', 'null'], []] as const) })),
            },
          })),
          ...maybe(draw('regulators'), 0.6, ({ of }) => ({
            regulators: { bafin: { minimumRetention: of(durations), within: of(regions) } },
          })),
        },
      };
    case 'zone':
      return {
        kind,
        address,
        noun: {
          name,
          ...doc(draw('doc')),
          teams: record(['sales', ...draw('teams').some(['insight'])], (team) =>
            drawTeam((label) => draw(`${team} ${label}`)),
          ),
          ...maybe(draw('policies'), 0.5, (d) => ({
            policies: { one: { demands: predicate(d), ...maybe(d, 0.3, ({ of }) => ({ from: of(days) })) } },
          })),
          ...maybe(draw('notice'), 0.3, ({ of }) => ({ notice: of(durations) })),
          ...maybe(draw('terms'), 0.5, ({ some }) => ({
            terms: record(some(['sale', 'return']), (term) => `A ${term}.`),
          })),
        },
      };
    case 'datastore':
      return {
        kind,
        address,
        noun: {
          address,
          ...doc(draw('doc')),
          ...maybe(draw('production'), 0.6, ({ chance }) => ({ production: chance(0.7) })),
          ...maybe(draw('version'), 0.3, ({ of }) => ({ version: of(['1.0.0', '2.1', 'x']) })),
          ...maybe(draw('source'), 0.8, ({ of }) => ({ source: of(connections) })),
          changes: draw('changes').of([
            { mode: 'snapshot' },
            { mode: 'cdc' },
            { mode: 'watermark', column: 'updated_at' },
            { mode: 'output', transformer: 'retail/sales/orders' },
            { mode: 'output', transformer: 'retail/insight/crm' },
          ] as const),
          ...maybe(draw('together'), 0.6, ({ chance }) => ({ together: chance(0.7) })),
          ...maybe(draw('promises'), 0.4, ({ of }) => ({ promises: { freshness: of(durations) } })),
          ...maybe(draw('consumers'), 0.4, ({ some }) => ({ consumers: some(groupAddresses) })),
          ...maybe(draw('classification'), 0.4, ({ of }) => ({ classification: of(levels) })),
          ...deprecation(draw('deprecated')),
          ...tombstones(draw('tombstones')),
          datasets: record(draw('datasets').some(members), (member) =>
            drawDataset((label) => draw(`${member} ${label}`)),
          ),
        },
      };
    case 'workspace':
      return {
        kind,
        address,
        noun: {
          address,
          ...doc(draw('doc')),
          ...maybe(draw('production'), 0.6, ({ chance }) => ({ production: chance(0.7) })),
          ...clearance(draw),
          ...maybe(draw('priority'), 0.3, ({ of }) => ({ priority: of(['low', 'high', 'critical'] as const) })),
          ...maybe(draw('readers'), 0.5, ({ some }) => ({ readers: some(readers) })),
          ...acknowledges(draw('acknowledges')),
          groups: record(draw('groups').some(['dashboard', 'audit', 'all']), (group) =>
            drawGroup((label) => draw(`${group} ${label}`)),
          ),
        },
      };
    case 'transformer':
      return {
        kind,
        address,
        noun: {
          address,
          ...maybe(draw('production'), 0.6, ({ chance }) => ({ production: chance(0.7) })),
          ...clearance(draw),
          ...acknowledges(draw('acknowledges')),
          reads: record(draw('reads').some(['a', 'b', 'c']), (read) => reference((label) => draw(`${read} ${label}`))),
          code: code(draw('code')),
        },
      };
    case 'environment':
      return {
        kind,
        address,
        noun: {
          name,
          ledger: container(draw('ledger')),
          connections: record(draw('connections').some(connections), (one) => container(draw(`connection ${one}`))),
          stores: record(draw('stores').some(['main', 'lake']), (one) => container(draw(`store ${one}`))),
          ...maybe(draw('route'), 0.3, ({ of }) => ({
            route: [...of([[], [{ larger: '5GB', to: 'lake' }]]), { to: of(['main', 'gone']) }],
          })),
          ...maybe(draw('replicas'), 0.5, (d) => ({
            replicas: record(d.some(['sql', 'bi']), () => ({
              on: [container(d)],
              serves: d.some(['lookup', 'reports', 'analytics'] as const),
            })),
          })),
        },
      };
    case 'consent':
      return {
        kind,
        address,
        noun: {
          name,
          mesh: draw('mesh').of(['acme', 'other']),
          rule: draw('rule').of(['column-removed', 'type-narrowed']),
          address: draw('address').of(dataAddresses),
          before: 'aa',
          after: draw('after').of(['bb', null]),
          party: draw('party').of(['retail', 'retail/insight', 'void']),
          reason: 'agreed',
          notAfter: draw('notAfter').of(days),
          nonce: draw('nonce').of(['n1', 'n2']),
        },
      };
    case 'declassification':
      return {
        kind,
        address,
        noun: {
          name,
          zone: draw('zone').of([...zones, 'void']),
          transformer: draw('transformer').of(objectAddresses),
          of: draw('of').some(dataAddresses),
          code: draw('code').of(['cc', 'dd']),
          ...maybe(draw('drops'), 0.5, ({ some }) => ({ drops: some(labels) })),
          reason: 'counted',
          until: draw('until').of(days),
        },
      };
    case 'offer':
      return {
        kind,
        address,
        noun: {
          name,
          address: draw('address').of([...objectAddresses, ...zones]),
          digest: draw('digest').of(['ee', 'ff']),
          to: owner(draw('to')),
          ...maybe(draw('as'), 0.4, ({ of }) => ({ as: of(objectAddresses) })),
          until: draw('until').of(days),
        },
      };
  }
}

function drawTeam(draw: DrawFor): Team {
  return {
    owner: owner(draw('owner')),
    ...doc(draw('doc')),
    ...maybe(draw('contact'), 0.3, ({ of }) => ({ contact: { chat: of(['#a', '#b']) } })),
    ...maybe(draw('may'), 0.6, ({ of, some }) => ({
      may: {
        clearance: of(levels),
        labels: some(labels),
        priority: of(['normal', 'high', 'critical'] as const),
        readers: some(readers),
      },
    })),
  };
}

function drawDataset(draw: DrawFor): Dataset {
  return {
    ...doc(draw('doc')),
    ...maybe(draw('from'), 0.4, ({ of }) => ({ from: of(['public.customers', 'Customers', 'a..b']) })),
    ...maybe(draw('key'), 0.8, ({ of }) => ({ key: of([['id'], ['id', 'id'], ['name'], ['nothing'], []]) })),
    ...maybe(draw('appendOnly'), 0.6, ({ chance }) => ({ appendOnly: chance(0.7) })),
    ...deprecation(draw('deprecated')),
    ...maybe(draw('formerly'), 0.2, ({ some }) => ({ formerly: some(members) })),
    ...tombstones(draw('tombstones')),
    ...tags(draw('tags')),
    columns: record(draw('columns').some([...columns, 'id']), (column) =>
      drawColumn((label) => draw(`${column} ${label}`)),
    ),
  };
}

function drawColumn(draw: DrawFor): Column {
  return {
    type: draw('type').of(types),
    ...maybe(draw('nullable'), 0.6, ({ chance }) => ({ nullable: chance(0.7) })),
    ...doc(draw('doc')),
    ...maybe(draw('from'), 0.2, ({ of }) => ({ from: of(['Id', 'NAME']) })),
    ...maybe(draw('level'), 0.3, ({ of }) => ({ level: of(levels) })),
    ...maybe(draw('labels'), 0.3, ({ some }) => ({ labels: some(labels) })),
    ...maybe(draw('default'), 0.2, ({ of }) => ({ default: of(['x', 1, true]) })),
    ...deprecation(draw('deprecated')),
    ...maybe(draw('formerly'), 0.1, ({ some }) => ({ formerly: some(columns) })),
    ...maybe(draw('term'), 0.2, ({ of }) => ({ term: of(['sale', 'return', 'nothing']) })),
    ...tags(draw('tags')),
  };
}

function drawGroup(draw: DrawFor): Group {
  return {
    ...doc(draw('doc')),
    ...maybe(draw('latency'), 0.5, ({ of }) => ({ latency: of(durations) })),
    ...maybe(draw('for'), 0.5, ({ of }) => ({ for: of(['lookup', 'reports', 'analytics'] as const) })),
    ...maybe(draw('history'), 0.5, ({ of }) => ({ history: of(['none', 'full'] as const) })),
    ...maybe(draw('retention'), 0.4, ({ of }) => ({ retention: of(durations) })),
    ...maybe(draw('regulator'), 0.3, ({ of }) => ({ regulator: of(['bafin', 'none']) })),
    read: draw('read')
      .some(['first', 'second', 'third'])
      .map((which) => reference((label) => draw(`${which} ${label}`))),
  };
}

function reference(draw: DrawFor): Reference {
  return {
    from: draw('from').of(dataAddresses),
    ...maybe(draw('only'), 0.4, ({ some }) => ({ columns: some([...columns, 'nothing']) })),
    ...maybe(draw('mask'), 0.3, ({ of, some }) => ({
      mask: record(some(columns), () => of(['null', 'hash', 'tokenize'] as const)),
    })),
    ...maybe(draw('rows'), 0.2, () => ({ rows: 'id > 1' })),
    ...maybe(draw('nulls'), 0.2, () => ({ nulls: 'ok' as const })),
    ...maybe(draw('enums'), 0.2, () => ({ enums: 'open' as const })),
  };
}

function code({ of, some }: Draw): Code {
  const query = 'select a.id from a';
  return of([0, 1]) === 0
    ? { kind: 'image', image: `registry/x@sha256:${of(['aa', 'bb'])}` }
    : { kind: 'sql', dialect: of(['postgres', 'duckdb'] as const), queries: record(some(members), () => query) };
}

function predicate({ of }: Draw): Predicate {
  return of<Predicate>([
    { kind: 'when', if: { kind: 'classified', as: 'pii' }, demand: { kind: 'within', regions: ['*:eu'] } },
    { kind: 'vendors', vendors: ['own'] },
    { kind: 'engines', engines: ['big'] },
    { kind: 'not', of: { kind: 'grade', grade: 'test' } },
    { kind: 'all', of: [{ kind: 'encrypted' }, { kind: 'readableBy', parties: ['retail'] }] },
    { kind: 'any', of: [{ kind: 'production' }, { kind: 'retain', max: '8y' }] },
    { kind: 'named', what: 'column', pattern: '[a-z]+' },
  ]);
}

function container(draw: Draw): Container {
  const { of, some, chance } = draw;
  return {
    engine: of(engines),
    ...(chance(0.5) && { at: of(places) }),
    ...(chance(0.5) && { grade: of(['production', 'test'] as const) }),
    ...(chance(0.3) && { encrypted: true }),
    ...(chance(0.3) && { teams: some(['retail/sales', 'risk/insight', 'void/ghosts']) }),
    fields: {
      database: of(['a', 'b', 'c']),
      ...(chance(0.5) && { password: { secret: of(['shop-reader', 'lab']) } }),
      ...(chance(0.1) && { hostt: 'x' }),
    },
  };
}

function clearance(draw: DrawFor) {
  return {
    ...maybe(draw('clearance'), 0.5, ({ of }) => ({ clearance: of(levels) })),
    ...maybe(draw('labels'), 0.5, ({ some }) => ({ labels: some(labels) })),
  };
}

function acknowledges(draw: Draw) {
  return maybe(draw, 0.3, ({ some }) => ({ acknowledges: some(dataAddresses) }));
}

function deprecation(draw: Draw) {
  return maybe(draw, 0.2, ({ of }) => ({ deprecated: { removal: of(days), use: of(dataAddresses) } }));
}

function tombstones(draw: Draw) {
  return maybe(draw, 0.1, ({ of }) => ({ tombstones: [{ name: of([...members, ...columns]), removed: of(days) }] }));
}

function tags(draw: Draw) {
  return maybe(draw, 0.2, ({ some }) => ({ tags: some(['gold', 'daily']) }));
}

function doc(draw: Draw) {
  return maybe(draw, 0.3, ({ of }) => ({ doc: of(['What it is.', 'What it was.', 'hid\u202eden']) }));
}

function owner({ of }: Draw): Owner {
  return of<Owner>([
    { kind: 'approvers', host: 'github.com', users: [1] },
    { kind: 'approvers', host: 'github.com', users: [2, 3] },
    { kind: 'repository', host: 'github.com', name: 'acme/data', id: 48 },
    { kind: 'repository', host: 'github.com', name: 'acme/other', id: 48 },
  ]);
}

const types: readonly Type[] = [
  { kind: 'int', bits: 32 },
  { kind: 'int', bits: 32 },
  { kind: 'text' },
  { kind: 'varchar', length: 20 },
  { kind: 'decimal', precision: 12, scale: 2 },
  { kind: 'timestamptz', precision: 6 },
  { kind: 'interval' },
  { kind: 'json' },
  { kind: 'enum', values: ['new', 'paid'] },
];

function maybe<T extends object>(draw: Draw, probability: number, make: (draw: Draw) => T): T | Record<string, never> {
  return draw.chance(probability) ? make(draw) : {};
}

function record<T>(names: readonly string[], make: (name: string) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(names.map((name) => [name, make(name)]));
}
