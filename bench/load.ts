import { capture } from '../src/engines/postgres/capture.ts';
import { connect } from '../src/engines/postgres/connection.ts';
import { readSnapshot } from '../src/flow/capture/snapshot.ts';
import { takeOver } from '../src/flow/checkpoint.ts';
import { ensureTables } from '../src/flow/tables.ts';
import { run } from '../src/flow/testing/fixture.ts';
import { type Cluster, countOf, drop, pipe } from './cluster.ts';
import { columns, create, key, orders, rows, streamOf } from './orders.ts';
import { inPairs, judge, timed, type Verdict } from './pairs.ts';

/** Initial load of a table into `split`, against  psql COPY | psql COPY  and its key built after, text and binary. */
export async function load(server: Cluster, count: number, pairs: number): Promise<Verdict> {
  const source = await server.createDatabase('source');
  {
    await using c = await connect(server.access(source), 'bench');
    await run(c, `${create}; insert into public.orders ${rows(1, count)}; ${key}`);
    await run(c, 'vacuum analyze public.orders');
  }
  const floor = async (format: 'text' | 'binary') => {
    const target = await server.createDatabase('floor');
    await using c = await connect(server.access(target), 'bench');
    await run(c, create);
    await run(c, 'checkpoint');
    const copy = (way: string) => `copy public.orders (${columns}) ${way} with (format ${format})`;
    const took = await timed(() =>
      pipe(
        server,
        { database: source, copy: copy('to stdout') },
        { database: target, statements: [copy('from stdin'), key] },
      ),
    );
    await mustHold(target, 'public.orders');
    return took;
  };
  const ours = async () => {
    const target = await server.createDatabase('ours');
    await using from = await connect(server.access(source), 'bench');
    await using to = await connect(server.access(target), 'bench');
    await run(to, 'checkpoint');
    const took = await timed(async () => {
      const node = streamOf('snapshot');
      await ensureTables(to, [orders]);
      await readSnapshot(from, capture, to, node, await takeOver(to, node.stream), Date.now());
    });
    await mustHold(target, `${orders.schema}.${orders.current}`);
    return took;
  };
  return judge('load', count, await inPairs(pairs, { floor: betterOf(floor), ours }), { is: 'at most', ratio: 1.5 });

  async function mustHold(database: string, table: string): Promise<void> {
    const found = await countOf(server, database, table);
    if (found !== count) throw new Error(`${table} holds ${found} rows, not ${count}`);
    await drop(server, database);
  }
}

/** The floor is the faster of the two formats in each pair. */
function betterOf(floor: (format: 'text' | 'binary') => Promise<number>): () => Promise<number> {
  return async () => Math.min(await floor('text'), await floor('binary'));
}
