import { capture } from '../../src/engines/postgres/capture.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { readSnapshot } from '../../src/flow/capture/snapshot.ts';
import { takeOver } from '../../src/flow/checkpoint.ts';
import { ensureTables } from '../../src/flow/tables.ts';
import { run } from '../../src/flow/testing/fixture.ts';
import { columns, create, handTables, key, orders, rows, streamOf } from './orders.ts';
import { contentOf, drop, settle, shell } from './server.ts';
import type { Setting } from './setting.ts';
import { inTurns, judge, timed, type Verdict } from './turns.ts';

/**
 * A whole read of a table with 1% changed, merged into `split`, against hand-written SQL that does the same: COPY into a
 * temporary table, one full join, history, deletes, upserts. Both begin each pair from equal tables.
 */
export async function snapshot({ source, store: server, size, pairs }: Setting): Promise<readonly Verdict[]> {
  const count = size.rows;
  const database = await source.createDatabase('source');
  const byHand = await server.createDatabase('floor');
  const store = await server.createDatabase('ours');
  await using from = await connect(source.access(database), 'bench');
  await run(from, `${create}; insert into public.orders ${rows(1, count)}; ${key}`);
  await run(from, 'vacuum analyze public.orders');
  await using hand = await connect(server.access(byHand), 'bench');
  await run(hand, `${handTables}; ${handKey}`);
  await copyByHand(1);
  const node = streamOf('snapshot');
  await using to = await connect(server.access(store), 'bench');
  await ensureTables(to, [orders]);
  let { held } = await readSnapshot(from, capture, to, node, await takeOver(to, node.stream), Date.now());

  let done = -1;
  const prepare = async (round: number) => {
    if (round > done) await run(from, changes(round, count));
    done = round;
    await run(from, 'vacuum analyze public.orders');
    await run(hand, 'vacuum analyze');
    await run(to, 'vacuum analyze');
    await settle(source, server);
  };
  const times = await inTurns(pairs, {
    floor: async (round) => {
      await prepare(round);
      return timed(() => copyByHand(round + 2));
    },
    ours: async (round) => {
      await prepare(round);
      // A session of its own, as a run has one.
      await using session = await connect(server.access(store), 'bench');
      return await timed(async () => {
        // Large tables are read by halves, which opens two sessions more, as a run does.
        const more = {
          source: () => connect(source.access(database), 'bench'),
          store: () => connect(server.access(store), 'bench'),
        };
        const outcome = await readSnapshot(from, capture, session, node, held, Date.now(), { more });
        if (outcome.kind !== 'merged') throw new Error(`the read was ${outcome.kind}, not merged`);
        ({ held } = outcome);
      });
    },
  });
  const all = [...orders.columns.map((column) => column.name), 'fh_from'];
  for (const [ours, theirs, names] of [
    [`${orders.schema}.${orders.current}`, 'public.current', all],
    [`${orders.schema}.${orders.history}`, 'public.history', [...all, 'fh_to']],
  ] as const) {
    const [a, b] = [await contentOf(server, store, ours, names), await contentOf(server, byHand, theirs, names)];
    if (a !== b) throw new Error(`${ours} has ${a}; the floor ${b}`);
  }
  await drop(source, database);
  for (const one of [byHand, store]) await drop(server, one);
  const measured = { floor: times('floor'), ours: times('ours') };
  return [judge('snapshot', count, measured, { is: 'at most', ratio: 1.2 })];

  function copyByHand(ordinal: number): Promise<void> {
    const statements = handMerge(ordinal);
    return shell(
      `psql -qX "$FROM" -c "$OUT" | psql -qX -v ON_ERROR_STOP=1 "$TO" ${statements.map((_, i) => `-c "$S${i}"`).join(' ')}`,
      { server: source, database },
      { server, database: byHand },
      {
        OUT: `copy public.orders (${columns}) to stdout with (format binary)`,
        ...Object.fromEntries(statements.map((statement, i) => [`S${i}`, statement])),
      },
    );
  }
}

/** 0.8% updated, 0.1% deleted, 0.1% new: other rows in each pair. */
function changes(pair: number, count: number): string {
  const first = count + 1 + pair * Math.ceil(count / 1000);
  return `update public.orders set total = total + 1, status = 'X' where id % 1000 between ${pair * 9} and ${pair * 9 + 7};
    delete from public.orders where id % 1000 = ${pair * 9 + 8};
    insert into public.orders ${rows(first, first + Math.ceil(count / 1000) - 1)}`;
}

const handKey = 'alter table public.current add primary key (id)';

function handMerge(ordinal: number): string[] {
  const others = orders.columns.map((column) => column.name).filter((name) => name !== 'id');
  const isOther = others.map((name) => `c.${name} is distinct from n.${name}`).join(' or ');
  return [
    `create temporary table read as select ${columns} from public.current limit 0`,
    `copy read (${columns}) from stdin with (format binary)`,
    'begin',
    "set local work_mem = '256MB'",
    'analyze read',
    `create temporary table changed on commit drop as
      select coalesce(n.id, c.id) as key, n.id is null as gone, c.id is null as added, n.*
      from read n full join public.current c on c.id = n.id
      where c.id is null or n.id is null or ${isOther}`,
    'analyze changed',
    `insert into public.history select c.*, ${ordinal} from public.current c join changed k on k.key = c.id where not k.added`,
    'delete from public.current c using changed k where k.key = c.id and k.gone',
    `insert into public.current (${columns}, fh_from) select ${columns}, ${ordinal} from changed where not gone
      on conflict (id) do update set ${[...others, 'fh_from'].map((name) => `${name} = excluded.${name}`).join(', ')}`,
    'commit',
  ];
}
