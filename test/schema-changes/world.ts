import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { must } from '../../src/base/must.ts';
import type { Connection } from '../../src/engine/connection.ts';
import { capture } from '../../src/engines/postgres/capture.ts';
import { testServer } from '../../src/engines/postgres/testing/server.ts';
import type { Finding } from '../../src/findings/finding.ts';
import { dataset, run } from '../../src/flow/testing/fixture.ts';
import { replicateNode, streamNode } from '../../src/flow/testing/nodes.ts';
import { openLedger } from '../../src/ledger/open.ts';
import type { Container } from '../../src/model/model.ts';
import type { Plan, PublishNode, StreamDataset } from '../../src/plan/plan.ts';
import { containersOf } from '../../src/run/containers.ts';
import { deployPlan } from '../../src/run/deploy.ts';
import type { LoopEvent } from '../../src/run/events.ts';
import { runOnce } from '../../src/run/loop.ts';
import { list, name, type Sql, sql } from '../../src/sql/sql.ts';

/** A dataset `items` as a model says it: its columns, `'int32?'` may be null. */
export type Said = {
  readonly columns: Readonly<Record<string, string>>;
  readonly key?: readonly string[];
  /** Column -> its default. */
  readonly absent?: Readonly<Record<string, string>>;
  /** Column of the model -> column of the source. */
  readonly from?: Readonly<Record<string, string>>;
  /** Name shown -> name kept. */
  readonly kept?: Readonly<Record<string, string>>;
  readonly called?: string;
};

export type World = {
  readonly source: Connection;
  readonly store: Connection;
  /** Deploys; rules of the errors that block, or of the warnings. */
  readonly apply: (said: Said) => Promise<readonly string[]>;
  /** Moves everything that there is to move; messages of streams that stopped. */
  readonly move: (said: Said) => Promise<readonly string[]>;
  readonly notices: readonly string[];
  /** The view of current rows in the store, and in each replica: lines, which must be equal. */
  readonly seen: (said: Said) => Promise<readonly string[]>;
  /** All versions, `values|from|to`, in the store; those of the replicas are compared. */
  readonly versions: (said: Said) => Promise<readonly string[]>;
};

const stream = 'retail/sales/shop';
const replicas = ['replica:sql:0', 'replica:duck:0'] as const;

export async function world(create: string): Promise<World> {
  const server = await testServer();
  const room = await mkdtemp(join(tmpdir(), 'freehold-schema-'));
  const place = async (hint: string): Promise<Container & { readonly database: string }> => {
    const database = await server.createDatabase(hint);
    return { engine: 'postgres', fields: { ...server.access(database).fields }, database };
  };
  const [shop, main, sqlReplica, ledgerAt] = [
    await place('src'),
    await place('store'),
    await place('rep'),
    await place('ledger'),
  ];
  const duck: Container = {
    engine: 'duckdb',
    fields: { file: join(room, 'replica.duckdb'), memory_limit: '300MB', threads: 1 },
  };
  const places = {
    'connection:shop': shop,
    'store:main': main,
    [replicas[0]]: sqlReplica,
    [replicas[1]]: duck,
    ledger: ledgerAt,
  };
  const containers = containersOf(places, { root: room, secrets: () => Promise.reject(new Error('no secret')) });
  const capturing = `freehold_${shop.database}`;
  const source = await containers.connect('connection:shop', 'test');
  const store = await containers.connect('store:main', 'test');
  const ledger = await openLedger(await containers.access('ledger'), 'test');
  const access = await containers.access('connection:shop');
  onTestFinished(async () => {
    await must(capture.log, 'log').drop(access, capturing);
    for (const one of [source, store, ledger, containers]) await one[Symbol.asyncDispose]();
    await rm(room, { recursive: true, force: true, maxRetries: 10 });
  });
  await run(source, `set search_path = public; ${create}`);
  const notices: string[] = [];

  const plan = (said: Said): Plan => {
    const table = tableOf(said);
    const copy = { ...table, store: table };
    const stored = streamNode([table], { stream });
    return {
      version: 1,
      mesh: 'acme',
      environment: 'local',
      model: '',
      containers: places,
      nodes: [
        {
          kind: 'capture',
          id: 'capture:shop',
          after: [],
          priority: 'normal',
          why: [],
          connection: 'shop',
          container: 'connection:shop',
          streams: [stored.id],
          name: capturing,
        },
        stored,
        ...replicas.map((container) => replicateNode([copy], { stream, container })),
        ...['store:main', ...replicas].map((container, i) =>
          publishOf(said, table, container, `${shop.database}_${i}`),
        ),
      ],
    };
  };

  return {
    source,
    store,
    notices,
    async apply(said) {
      const found = await deployPlan(plan(said), containers, ledger);
      const errors = found.filter(({ severity }) => severity === 'error');
      return (errors.length > 0 ? errors : found).map(({ rule }: Finding) => rule);
    },
    async move(said) {
      const stopped: string[] = [];
      const on = (event: LoopEvent) => {
        if (event.kind === 'failed') stopped.push(event.message);
        if (event.kind === 'noticed') notices.push(event.finding.rule);
      };
      const signal = new AbortController().signal;
      await runOnce(plan(said), containers, ledger, { clock: systemClock, signal, on }).catch((failure: unknown) => {
        if (stopped.length === 0) stopped.push(failure instanceof Error ? failure.message : String(failure));
      });
      return stopped;
    },
    seen: (said) => everywhere((c, i) => linesOf(c, viewOf(said, `${shop.database}_${i}`), said, [])),
    versions: (said) =>
      everywhere((c, i) =>
        linesOf(c, sql`${name(schemaOf(`${shop.database}_${i}`), `${said.called ?? 'items'}_history`)}`, said, [
          'fh_from',
          'fh_to',
        ]),
      ),
  };

  async function everywhere(
    lines: (c: Connection, i: number) => Promise<readonly string[]>,
  ): Promise<readonly string[]> {
    const all: (readonly string[])[] = [];
    for (const [i, container] of ['store:main', ...replicas].entries()) {
      await using c = await containers.connect(container, 'test');
      all.push(await lines(c, i));
    }
    const [first = [], ...others] = all;
    for (const other of others)
      if (JSON.stringify(other) !== JSON.stringify(first))
        throw new Error(`a replica differs: ${JSON.stringify(first)} ${JSON.stringify(other)}`);
    return first;
  }
}

function tableOf(said: Said): StreamDataset {
  const made = dataset('items', said.key ?? ['id'], said.columns, { address: `${stream}.${said.called ?? 'items'}` });
  return {
    ...made,
    columns: made.columns.map((column) => {
      const absent = said.absent?.[column.name];
      return { ...column, from: said.from?.[column.name] ?? column.name, ...(absent === undefined ? {} : { absent }) };
    }),
  };
}

function shownIn(said: Said): readonly string[] {
  const kept = said.kept ?? {};
  const shown = new Map(Object.entries(kept).map(([as, of]) => [of, as]));
  return Object.keys(said.columns).map((column) => shown.get(column) ?? column);
}

function schemaOf(word: string): string {
  return `w_${word}`;
}

function viewOf(said: Said, word: string): Sql {
  return sql`${name(schemaOf(word), said.called ?? 'items')}`;
}

function publishOf(said: Said, table: StreamDataset, container: string, word: string): PublishNode {
  return {
    kind: 'publish',
    id: `publish:retail/insight/reporting.${word}`,
    after: [],
    priority: 'normal',
    why: [],
    group: `retail/insight/reporting.${word}`,
    scope: 'acme/local',
    container,
    schema: schemaOf(word),
    role: `${schemaOf(word)}_reader`,
    readers: [],
    promisedMs: null,
    views: [
      {
        name: said.called ?? 'items',
        stream,
        table,
        columns: shownIn(said),
        ...(said.kept === undefined ? {} : { kept: said.kept }),
        history: true,
      },
    ],
  };
}

async function linesOf(c: Connection, from: Sql, said: Said, header: readonly string[]): Promise<readonly string[]> {
  const table = tableOf(said);
  const texts = shownIn(said).map((column, i) => {
    const type = must(table.columns[i], 'column').type;
    return sql`coalesce(${c.types.canonicalText(type, sql`${name(column)}`)}, '~')`;
  });
  const all = [
    ...texts,
    ...header.map(
      (one) =>
        sql`case when ${name(one)} = 9223372036854775807 then '-' else cast(${name(one)} as ${c.types.physical({ kind: 'text' })}) end`,
    ),
  ];
  const rows = await c.query(sql`select concat_ws('|', ${list(all)}) as line from ${from}`);
  return rows.map((row) => String(row.line)).sort();
}
