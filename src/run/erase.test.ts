import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { must } from '../base/must.ts';
import { EngineError } from '../engine/connection.ts';
import { capture } from '../engines/postgres/capture.ts';
import { testServer } from '../engines/postgres/testing/server.ts';
import { tablesWithText } from '../flow/testing/everywhere.ts';
import { dataset, run } from '../flow/testing/fixture.ts';
import { replicateNode, streamNode } from '../flow/testing/nodes.ts';
import { openLedger } from '../ledger/open.ts';
import type { Container } from '../model/model.ts';
import type { Plan, ReplicaDataset } from '../plan/plan.ts';
import { makeTables } from './apply.ts';
import { type Containers, containersOf } from './containers.ts';
import { erase, finish, lift, type Named, planErasure } from './erase.ts';
import { runOnce } from './loop.ts';
import { statusOf } from './status.ts';

const people = dataset('people', ['id'], { id: 'int32', name: 'text?' });
const copy = (schema: string): ReplicaDataset => ({ ...people, schema, store: people });
const node = streamNode([people]);
const replicas = [
  replicateNode([copy('copied')], { container: 'replica:sql:0' }),
  replicateNode([copy('copied')], { container: 'replica:bi:0' }),
];
const by = { actor: 'user:test', environment: 'local' };

/** A source of three people, a store, a replica on PostgreSQL, one on DuckDB that can be away, and a ledger. */
async function arrange() {
  const server = await testServer();
  const room = await mkdtemp(join(tmpdir(), 'freehold-erase-'));
  onTestFinished(() => rm(room, { recursive: true, force: true, maxRetries: 10 }));
  const place = async (hint: string): Promise<Container & { readonly database: string }> => {
    const database = await server.createDatabase(hint);
    return { engine: 'postgres', fields: { ...server.access(database).fields }, database };
  };
  const [shop, main, copied, ledgerAt] = [
    await place('src'),
    await place('store'),
    await place('copy'),
    await place('ledger'),
  ];
  const all = {
    'connection:shop': shop,
    'store:main': main,
    'replica:sql:0': copied,
    'replica:bi:0': { engine: 'duckdb', fields: { file: join(room, 'bi.duckdb') } },
    ledger: ledgerAt,
  };
  const opened = containersOf(all, { root: room, secrets: () => Promise.reject(new Error('no secret')) });
  const away = new Set<string>();
  const containers: Containers = {
    ...opened,
    connect: (id, purpose) =>
      away.has(id) ? Promise.reject(new EngineError('unreachable', `${id} is away`)) : opened.connect(id, purpose),
  };
  const plan: Plan = {
    version: 1,
    mesh: 'acme',
    environment: 'local',
    model: '',
    containers: all,
    nodes: [
      {
        after: [],
        priority: 'normal',
        why: [],
        kind: 'capture',
        id: 'capture:shop',
        connection: 'shop',
        container: 'connection:shop',
        streams: [node.id],
        name: `freehold_${shop.database}`,
      },
      node,
      ...replicas,
    ],
  };
  const source = await containers.connect('connection:shop', 'test');
  await run(
    source,
    "create table public.people (id int primary key, name text); insert into public.people values (1, 'ann'), (2, 'bob'), (3, 'cyd')",
  );
  const ledger = await openLedger(await containers.access('ledger'), 'test');
  const access = await containers.access('connection:shop');
  onTestFinished(async () => {
    await must(capture.log, 'log').drop(access, `freehold_${shop.database}`);
    await source[Symbol.asyncDispose]();
    await ledger[Symbol.asyncDispose]();
    await containers[Symbol.asyncDispose]();
  });
  await makeTables(plan, containers);
  const once = () =>
    runOnce(plan, containers, ledger, {
      clock: systemClock,
      signal: new AbortController().signal,
      on: () => undefined,
    });
  const whereIs = async (...texts: readonly string[]) => {
    const found: string[] = [];
    for (const id of ['store:main', 'replica:sql:0', 'replica:bi:0', 'ledger']) {
      await using c = await opened.connect(id, 'test');
      for (const table of await tablesWithText(c, texts)) found.push(`${id} ${table}`);
    }
    return found;
  };
  const erasing = async () =>
    (await statusOf(plan, containers, ledger, systemClock.nowMs())).streams.map((stream) => stream.erasing);
  return { plan, containers, ledger, source, away, once, whereIs, erasing };
}

const target = { node, dataset: people };
const bob: Named = { kind: 'keys', keys: [['2']] };

test('an erasure is shown, done in the store and in replicas, one that was away does it before it goes on, and the audit log has no key', async () => {
  const { plan, containers, ledger, source, away, once, whereIs, erasing } = await arrange();
  await once();
  await run(source, "update public.people set name = 'robert, once bob' where id = 2");
  await once();
  await ledger.recordVerified({
    address: people.address,
    round: 1,
    atMs: 0,
    checked: 3,
    ranges: 1,
    differences: 1,
    findings: [],
    kept: 'of bob',
  });
  await ledger.record(new Map([[node.id, { lastError: 'Key (name)=(bob) is odd' }]]));
  expect(await whereIs('bob')).toHaveLength(9);
  const where: Named = { kind: 'where', column: must(people.columns[1], 'name'), text: 'bob' };
  const two = [
    { place: 'current rows', rows: 1 },
    { place: 'closed versions', rows: 1 },
  ];
  const shown = await planErasure(plan, target, where, containers);
  expect(shown).toEqual({
    keys: 1,
    samples: ['id=2'],
    known: 0,
    store: [...two, { place: 'changes for replicas', rows: 1 }],
    replicas: [
      { container: 'replica:sql:0', found: two, problem: null },
      { container: 'replica:bi:0', found: two, problem: null },
    ],
  });
  expect(await whereIs('bob')).toHaveLength(9);

  away.add('replica:bi:0');
  expect(await erase(target, where, by, containers, ledger)).toEqual({ ordinal: 3n, keys: 1, gone: shown.store });
  // Cut here: what is left is found by status, and finished by whoever comes.
  expect(await erasing()).toEqual([{ replicas: ['replica:sql:0', 'replica:bi:0'], isFinished: false }]);
  await expect(lift(plan, target, bob, by, containers, ledger)).rejects.toThrow(
    'replica:sql:0, replica:bi:0 have not yet erased',
  );
  expect(await finish(plan, node, containers, ledger)).toEqual({
    isFinished: false,
    waiting: null,
    replicas: [
      { container: 'replica:sql:0', found: two, problem: null },
      { container: 'replica:bi:0', found: null, problem: 'replica:bi:0 is away' },
    ],
  });
  expect(await erasing()).toEqual([{ replicas: ['replica:bi:0'], isFinished: false }]);
  expect(new Set(await whereIs('bob'))).toEqual(
    new Set(['replica:bi:0 copied.people', 'replica:bi:0 copied.people__history']),
  );
  away.clear();
  await run(
    source,
    "update public.people set name = 'bob again' where id = 2; insert into public.people values (4, 'dan')",
  );
  await once();
  expect(await whereIs('bob')).toEqual([]);
  expect(await whereIs('dan')).toHaveLength(4);
  expect(await erasing()).toEqual([{ replicas: [], isFinished: false }]);
  expect(await finish(plan, node, containers, ledger)).toMatchObject({ isFinished: true });
  expect(await finish(plan, node, containers, ledger)).toEqual({ isFinished: true, waiting: null, replicas: [] });
  expect(await erasing()).toEqual([{ replicas: [], isFinished: true }]);
  expect(await ledger.verified()).toEqual([]);
  expect((await ledger.auditLog(9)).filter(({ verb }) => verb === 'erase')).toMatchObject([
    {
      actor: 'user:test',
      object: people.address,
      detail: { by: 'name', environment: 'local', keys: [expect.stringMatching(/^[0-9a-f]{64}$/)] },
    },
  ]);

  expect(await lift(plan, target, bob, by, containers, ledger)).toBe(1);
  await run(source, "update public.people set name = 'bob, by his own wish' where id = 2");
  await once();
  expect(new Set(await whereIs('bob'))).toEqual(
    new Set([
      'store:main retail__sales__shop.people',
      'store:main retail__sales__shop.people__delta',
      'replica:sql:0 copied.people',
      'replica:bi:0 copied.people',
    ]),
  );
}, 60_000);
