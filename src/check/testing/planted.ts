/**
 * A mesh of some 1,000 datasets without a violation, and violations to plant in it, one of each kind of hop that a row can
 * take. Each plant changes one thing, in a place of its own, and says what is to be found because of it.
 */
import { codeDigest } from '../../model/code.ts';
import type {
  Container,
  Datastore,
  Declassification,
  Group,
  Model,
  Predicate,
  Reference,
  Transformer,
  Workspace,
} from '../../model/model.ts';
import type { Owner } from '../../model/owner.ts';
import { columnLine, fileOf, groupLine, inline } from './planted-files.ts';

/**
 * What is to be found: the rule, at an address, with words of the place in the message; and the line that it stands on, in
 * the files of `planted-files.ts`.
 */
export type Expected = {
  readonly rule: string;
  readonly address: string;
  readonly words: readonly string[];
  readonly line: Line;
};

/** The first line of a file that reads so, after the one that reads `after`. Blanks before it do not count. */
export type Line = { readonly file: string; readonly after?: string; readonly text: string };

/** A reference of a group. */
function readLine(workspace: string, name: string, reference: Reference): Line {
  return { file: fileOf(workspace), after: groupLine(name), text: `${inline(reference)},` };
}

/** A column of the customers. */
function customerLine(name: string, column: string, labels: readonly string[] = []): Line {
  return { file: fileOf(`retail/sales/${name}`), text: columnLine(column, { labels }) };
}

type Piece = {
  readonly datastores?: readonly Datastore[];
  readonly transformers?: readonly Transformer[];
  readonly groups?: Readonly<Record<string, Group>>;
  /** Of zone risk, whose readers may not see personal data. */
  readonly riskGroups?: Readonly<Record<string, Group>>;
  readonly declassifications?: readonly Declassification[];
};

/** `name`: of what it makes. With `isPlanted` it is wrong. */
type Kind = {
  readonly make: (name: string, isPlanted: boolean) => Piece;
  readonly expects: (name: string) => readonly Expected[];
};

const column = (labels?: readonly string[], level?: string) => ({
  type: { kind: 'text' } as const,
  ...(labels === undefined ? {} : { labels }),
  ...(level === undefined ? {} : { level }),
});

/** Customers with an e-mail address, which is personal, and a country, which is not. */
function customers(name: string, source = 'shop', pii: readonly string[] = ['email']): Datastore {
  const columns = Object.fromEntries(
    ['id', 'email', 'country'].map((each) => [each, pii.includes(each) ? column(['pii']) : column()]),
  );
  return {
    address: `retail/sales/${name}`,
    source,
    changes: { mode: 'snapshot' },
    classification: 'internal',
    datasets: { customers: { key: ['id'], from: `shop.${name}`, columns } },
  };
}

function made(name: string, by: string, columns: readonly string[] = ['id', 'note']): Datastore {
  return {
    address: `insight/clean/${name}`,
    changes: { mode: 'output', transformer: by },
    classification: 'internal',
    datasets: { people: { key: ['id'], columns: Object.fromEntries(columns.map((each) => [each, column()])) } },
  };
}

function transformer(name: string, reads: Transformer['reads'], code: string | null): Transformer {
  return {
    address: `insight/clean/${name}`,
    clearance: 'confidential',
    labels: ['pii'],
    reads,
    code:
      code === null
        ? { kind: 'image', image: `clean@sha256:${'0'.repeat(64)}` }
        : { kind: 'sql', dialect: 'postgres', queries: { people: code } },
  };
}

const reading = (purpose: NonNullable<Group['for']>, ...read: readonly Reference[]): Group => ({ for: purpose, read });

/** Two transformers, the first of which may pass the address on; at the end a group that may be served in the US. */
function twoAway(name: string, first: Pick<Transformer, 'reads' | 'code'>): Piece {
  const silver = transformer(`make_${name}_silver`, {}, null);
  const gold = transformer(
    `make_${name}_gold`,
    { s: { from: `insight/clean/${name}_silver.people` } },
    'with q as (select id, note from s) select q.id, lower(q.note) as note from q',
  );
  return {
    datastores: [customers(name), made(`${name}_silver`, silver.address), made(`${name}_gold`, gold.address)],
    transformers: [{ ...silver, ...first }, gold],
    groups: { [name]: reading('analytics', { from: `insight/clean/${name}_gold.people` }) },
  };
}

const reads = (name: string, ...columns: readonly string[]): Transformer['reads'] => ({
  c: { from: `retail/sales/${name}.customers`, ...(columns.length > 0 ? { columns } : {}) },
});

const queries = (people: string): Transformer['code'] => ({ kind: 'sql', dialect: 'postgres', queries: { people } });

const group = (name: string) => `insight/clean/reporting.${name}`;
const fromGold = (name: string): readonly Expected[] => [
  {
    rule: 'policy-violation',
    address: group(name),
    line: readLine('insight/clean/reporting', name, { from: `insight/clean/${name}_gold.people` }),
    words: [
      "policy 'pii stays in the EU'",
      `retail/sales/${name}.customers#email -> transformer insight/clean/make_${name}_silver -> insight/clean/${name}_silver.people#note -> transformer insight/clean/make_${name}_gold -> insight/clean/${name}_gold.people#note -> replica 'us' of environment 'prod' (aws:us/us-east-1).`,
    ],
  },
];

export const kinds: Readonly<Record<string, Kind>> = {
  source: {
    make: (name, isPlanted) => ({ datastores: [customers(name, 'abroad', isPlanted ? ['country'] : [])] }),
    expects: (name) => [
      {
        rule: 'policy-violation',
        address: `retail/sales/${name}.customers#country`,
        line: customerLine(name, 'country', ['pii']),
        words: ["are read from source 'abroad' of environment 'prod'", "policy 'pii stays in the EU'"],
      },
    ],
  },
  // Staging, the table itself, its history and its delta are in one container: one finding.
  store: {
    make: (name, isPlanted) => ({ datastores: [customers(name, 'open', isPlanted ? ['email'] : [])] }),
    expects: (name) => [
      {
        rule: 'policy-violation',
        address: `retail/sales/${name}.customers#email`,
        line: customerLine(name, 'email', ['pii']),
        words: ["may rest (staged, stored, with history and delta) in store 'main' of environment 'lab'"],
      },
    ],
  },
  replica: {
    make: (name, isPlanted) => ({
      datastores: [customers(name)],
      groups: { [name]: reading(isPlanted ? 'analytics' : 'reports', { from: `retail/sales/${name}.customers` }) },
    }),
    expects: (name) => [
      {
        rule: 'policy-violation',
        address: group(name),
        line: readLine('insight/clean/reporting', name, { from: `retail/sales/${name}.customers` }),
        words: [`retail/sales/${name}.customers#email -> replica 'us' of environment 'prod' (aws:us/us-east-1)`],
      },
    ],
  },
  replicaHoldsTheKey: {
    make: (name, isPlanted) => ({
      datastores: [customers(name, 'shop', isPlanted ? ['id'] : [])],
      groups: { [name]: reading('analytics', { from: `retail/sales/${name}.customers`, columns: ['country'] }) },
    }),
    expects: (name) => [
      {
        rule: 'policy-violation',
        address: group(name),
        line: readLine('insight/clean/reporting', name, {
          from: `retail/sales/${name}.customers`,
          columns: ['country'],
        }),
        words: [`${name}.customers#id -> replica 'us'`],
      },
    ],
  },
  transformer: {
    make: (name, isPlanted) =>
      twoAway(name, {
        reads: reads(name),
        code: queries(`select id, upper(${isPlanted ? 'email' : 'country'}) as note from c`),
      }),
    expects: fromGold,
  },
  filter: {
    make: (name, isPlanted) =>
      twoAway(name, {
        reads: reads(name),
        code: queries(`select 1 as id, country as note from c where ${isPlanted ? 'email' : 'country'} like 'a%'`),
      }),
    expects: (name) => fromGold(name).map((each) => ({ ...each, words: each.words.slice(0, 1) })),
  },
  selfJoin: {
    make: (name, isPlanted) =>
      twoAway(name, {
        reads: reads(name),
        code: queries(
          `select a.id, b.${isPlanted ? 'email' : 'country'} as note from c a join c b on a.id = b.id where a.country = 'DE'`,
        ),
      }),
    expects: fromGold,
  },
  image: {
    make: (name, isPlanted) =>
      twoAway(name, {
        reads: reads(name, 'id', 'country', ...(isPlanted ? ['email'] : [])),
        code: { kind: 'image', image: `clean@sha256:${'1'.repeat(64)}` },
      }),
    expects: (name) => fromGold(name).map((each) => ({ ...each, words: each.words.slice(0, 1) })),
  },
  transformersMask: {
    make: (name, isPlanted) =>
      twoAway(name, {
        reads: { c: { from: `retail/sales/${name}.customers`, mask: { email: isPlanted ? 'hash' : 'tokenize' } } },
        code: queries('select id, email as note from c'),
      }),
    expects: fromGold,
  },
  declassification: {
    make: (name, isPlanted) => {
      const piece = twoAway(name, { reads: reads(name), code: queries('select id, md5(email) as note from c') });
      const [silver] = piece.transformers ?? [];
      if (silver === undefined) throw new Error('bug: no transformer');
      return {
        ...piece,
        declassifications: [
          {
            name,
            zone: 'retail',
            transformer: silver.address,
            of: [`insight/clean/${name}_silver.people#note`],
            // Of other code than there is: it says nothing.
            code: isPlanted ? '0'.repeat(64) : codeDigest(silver),
            drops: ['pii'],
            reason: 'a digest is nobody',
            until: '2030-12-31',
          },
        ],
      };
    },
    expects: fromGold,
  },
  mask: {
    make: (name, isPlanted) => ({
      datastores: [customers(name)],
      riskGroups: {
        [name]: reading('lookup', {
          from: `retail/sales/${name}.customers`,
          mask: { email: isPlanted ? 'hash' : 'tokenize' },
        }),
      },
    }),
    expects: (name) => [
      {
        rule: 'policy-violation',
        address: `risk/audit/books.${name}`,
        line: readLine('risk/audit/books', name, { from: `retail/sales/${name}.customers`, mask: { email: 'hash' } }),
        words: [`${name}.customers#email -> group 'risk/audit/books.${name}'`, "policy 'who sees pii'"],
      },
    ],
  },
  rowFilter: {
    make: (name, isPlanted) => ({
      datastores: [customers(name)],
      riskGroups: {
        [name]: reading('lookup', {
          from: `retail/sales/${name}.customers`,
          columns: ['id'],
          rows: isPlanted ? "email like 'a%'" : "country = 'DE'",
        }),
      },
    }),
    expects: (name) => [
      {
        rule: 'policy-violation',
        address: `risk/audit/books.${name}`,
        line: readLine('risk/audit/books', name, {
          from: `retail/sales/${name}.customers`,
          columns: ['id'],
          rows: "email like 'a%'",
        }),
        words: [`${name}.customers#email -> group`, "policy 'who sees pii'"],
      },
    ],
  },
  externalContainer: {
    make: (name, isPlanted) => {
      const datastore = customers(name, 'partner', []);
      return { datastores: [{ ...datastore, classification: isPlanted ? 'confidential' : 'internal' }] };
    },
    expects: (name) => [
      {
        rule: 'policy-violation',
        address: `retail/sales/${name}.customers#id`,
        line: customerLine(name, 'id'),
        words: ["source 'partner' of environment 'prod'", "policy 'our vendors'", "with 'confidential'"],
      },
    ],
  },
  retention: {
    make: (name, isPlanted) => ({
      datastores: [customers(name)],
      groups: {
        [name]: {
          ...reading('reports', { from: `retail/sales/${name}.customers` }),
          history: 'full',
          retention: isPlanted ? '9y' : '8y',
        },
      },
    }),
    expects: (name) => [
      {
        rule: 'policy-violation',
        address: group(name),
        line: { file: fileOf('insight/clean/reporting'), after: groupLine(name), text: "retention: '9y'," },
        words: ["policy 'personal data ends'", 'kept for 3285 days'],
      },
    ],
  },
  forEver: {
    make: (name, isPlanted) => ({
      datastores: [customers(name)],
      groups: {
        [name]: {
          ...reading('reports', { from: `retail/sales/${name}.customers` }),
          history: 'full',
          ...(isPlanted ? {} : { retention: '8y' }),
        },
      },
    }),
    expects: (name) => [
      {
        rule: 'policy-violation',
        address: group(name),
        line: { file: fileOf('insight/clean/reporting'), after: groupLine(name), text: "history: 'full'," },
        words: ["policy 'personal data ends'", 'kept for ever'],
      },
    ],
  },
  name: {
    make: (name, isPlanted) => {
      const { datasets, ...rest } = customers(name);
      const dataset = datasets.customers ?? { columns: {} };
      return { datastores: [{ ...rest, datasets: { [isPlanted ? 'our_customers' : 'customers']: dataset } }] };
    },
    expects: (name) => [
      {
        rule: 'policy-violation',
        address: `retail/sales/${name}.our_customers`,
        line: {
          file: fileOf(`retail/sales/${name}`),
          text: `our_customers: table({ key: ['id'], from: 'shop.${name}' }, {`,
        },
        words: ["policy 'names'"],
      },
    ],
  },
  crossZone: {
    make: (name, isPlanted) => ({
      datastores: [{ ...customers(name, 'shop', []), address: `${isPlanted ? 'vault' : 'retail'}/sales/${name}` }],
      riskGroups: {
        [name]: reading('lookup', { from: `${isPlanted ? 'vault' : 'retail'}/sales/${name}.customers` }),
      },
    }),
    expects: (name) => [
      {
        rule: 'cross-zone-read',
        address: `risk/audit/books.${name}`,
        line: readLine('risk/audit/books', name, { from: `vault/sales/${name}.customers` }),
        words: ["no policy of that zone lets zone 'risk' in"],
      },
    ],
  },
};

/** `planted`: names of pieces, such as `source3`, that are wrong. */
export function plantedMesh(copies: number, filler: number, planted: ReadonlySet<string>): Model {
  const pieces = Object.entries(kinds).flatMap(([kind, { make }]) =>
    Array.from({ length: copies }, (_, i) => {
      const name = pieceName(kind, i);
      return make(name, planted.has(name));
    }),
  );
  const fillers = Array.from({ length: filler }, (_, i) =>
    customers(`filler${i}`, 'shop', i % 3 === 0 ? ['email'] : []),
  );
  const datastores = [...pieces.flatMap((piece) => piece.datastores ?? []), ...fillers];
  const transformers = pieces.flatMap((piece) => piece.transformers ?? []);
  const workspaces: readonly Workspace[] = [
    workspace('insight/clean/reporting', Object.assign({}, ...pieces.map(({ groups }) => groups ?? {}))),
    workspace('risk/audit/books', Object.assign({}, ...pieces.map(({ riskGroups }) => riskGroups ?? {}))),
  ];
  const declassifications = pieces.flatMap((piece) => piece.declassifications ?? []);
  return {
    ...around,
    datastores: Object.fromEntries(datastores.map((each) => [each.address, each])),
    transformers: Object.fromEntries(transformers.map((each) => [each.address, each])),
    workspaces: Object.fromEntries(workspaces.map((each) => [each.address, each])),
    declassifications: Object.fromEntries(declassifications.map((each) => [each.name, each])),
  };
}

/** A name of an address: lower case. */
export function pieceName(kind: string, copy: number): string {
  return `${kind.toLowerCase()}${copy}`;
}

function workspace(address: string, groups: Workspace['groups']): Workspace {
  return { address, clearance: 'confidential', labels: ['pii'], groups };
}

const owner: Owner = { kind: 'approvers', host: 'github.com', users: [1] };
const at = (place: string): Container => ({ engine: 'postgres', at: place, fields: { database: 'db' } });
const eu = at('own:eu/berlin');
const us = at('aws:us/us-east-1');
const may = { clearance: 'confidential', labels: ['pii'] };
const pii: Predicate = { kind: 'classified', as: 'pii' };
const readableBy = (...parties: readonly string[]): Predicate => ({ kind: 'readableBy', parties });

const around: Omit<Model, 'datastores' | 'transformers' | 'workspaces' | 'declassifications'> = {
  language: 1,
  mesh: {
    name: 'acme',
    language: 1,
    owner,
    zones: { retail: owner, insight: owner, risk: owner, vault: owner },
    environments: { prod: owner, lab: owner },
    vendors: { own: ['eu/berlin'], aws: ['eu/eu-central-1', 'us/us-east-1'], other: ['eu/paris'] },
    classification: {
      levels: ['public', 'internal', 'confidential'],
      labels: { pii: { dischargedBy: ['null', 'tokenize'] } },
    },
  },
  zones: {
    retail: {
      name: 'retail',
      teams: { sales: { owner, may } },
      policies: {
        'pii stays in the EU': { demands: { kind: 'when', if: pii, demand: { kind: 'within', regions: ['*:eu'] } } },
        'our vendors': {
          demands: {
            kind: 'when',
            if: { kind: 'classified', as: 'confidential' },
            demand: { kind: 'vendors', vendors: ['own', 'aws'] },
          },
        },
        'who reads': { demands: readableBy('retail', 'insight', 'risk') },
        'who sees pii': { demands: { kind: 'when', if: pii, demand: readableBy('retail', 'insight/clean') } },
        'personal data ends': { demands: { kind: 'when', if: pii, demand: { kind: 'retain', max: '8y' } } },
        names: { demands: { kind: 'named', what: 'dataset', pattern: '[a-z0-9]+' } },
      },
    },
    insight: {
      name: 'insight',
      teams: { clean: { owner, may } },
      policies: { 'who reads': { demands: readableBy('insight', 'risk') } },
    },
    risk: { name: 'risk', teams: { audit: { owner, may } } },
    vault: { name: 'vault', teams: { sales: { owner } } },
  },
  environments: {
    prod: {
      name: 'prod',
      ledger: eu,
      connections: { shop: eu, abroad: us, open: eu, partner: at('other:eu/paris') },
      stores: { main: eu, lake: at('aws:eu/eu-central-1') },
      route: [{ larger: '500GB', to: 'lake' }, { to: 'main' }],
      replicas: {
        sql: { on: [eu], serves: ['lookup'] },
        bi: { on: [eu], serves: ['reports'] },
        us: { on: [us], serves: ['analytics'] },
      },
    },
    lab: { name: 'lab', ledger: us, connections: { open: eu }, stores: { main: us } },
  },
  consents: {},
  offers: {},
};
