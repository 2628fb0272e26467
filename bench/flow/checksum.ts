import { capture } from '../../src/engines/postgres/capture.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { readSnapshot } from '../../src/flow/capture/snapshot.ts';
import { type Checkpoint, takeOver } from '../../src/flow/checkpoint.ts';
import { ensureTables } from '../../src/flow/tables.ts';
import { run } from '../../src/flow/testing/fixture.ts';
import type { StreamNode } from '../../src/plan/plan.ts';
import { slowLink } from './link.ts';
import { create, key, orders, rows, streamOf } from './orders.ts';
import { contentOf, drop, settle } from './server.ts';
import type { Setting } from './setting.ts';
import { type Bar, inTurns, judge, median, timed, type Verdict } from './turns.ts';

/**
 * A read of a table with 0.1% changed by checksums against a whole read of the same rows: over a link of 100 Mbit/s, and
 * on loopback. What changed is scattered over the table, or lies together.
 */
export async function checksum({ source, store: server, size, pairs }: Setting): Promise<readonly Verdict[]> {
  const count = size.rows;
  const database = await source.createDatabase('source');
  await using direct = await connect(source.access(database), 'bench');
  await run(direct, `${create}; insert into public.orders ${rows(1, count)}; ${key}`);
  await run(direct, 'vacuum analyze public.orders');
  const { fields } = source.access(database);
  await using link = await slowLink({ host: String(fields.host), port: Number(fields.port) }, 100e6);
  const far = { ...source.access(database), fields: { ...fields, host: '127.0.0.1', port: link.port } };
  const sides: Record<'rows' | 'checksum', { readonly database: string; held: Checkpoint | null }> = {
    rows: { database: await server.createDatabase('rows'), held: null },
    checksum: { database: await server.createDatabase('checksum'), held: null },
  };
  const nodeOf = (compare: 'rows' | 'checksum'): StreamNode => ({
    ...streamOf('snapshot'),
    reading: { kind: 'snapshot', maxDeleted: 0.2, compare },
  });
  for (const compare of ['rows', 'checksum'] as const) {
    await using to = await connect(server.access(sides[compare].database), 'bench');
    await ensureTables(to, [orders]);
    const node = nodeOf(compare);
    const loaded = await readSnapshot(direct, capture, to, node, await takeOver(to, node.stream), Date.now());
    sides[compare].held = loaded.held;
    await run(to, 'vacuum analyze');
  }

  const verdicts: Verdict[] = [];
  let step = 0;
  for (const [where, access, bar] of [
    ['100 Mbit/s', far, { is: 'at most', ratio: 0.2 }],
    ['loopback', source.access(database), { is: 'at most', ratio: 1 }],
  ] as const satisfies readonly (readonly [string, unknown, Bar])[]) {
    for (const how of ['scattered', 'together'] as const) {
      const moved: number[] = [];
      let done = -1;
      const prepare = async (round: number) => {
        if (round > done) await run(direct, changes(step++, count, how));
        done = round;
        await settle(source, server);
      };
      const read = (compare: 'rows' | 'checksum') => async (round: number) => {
        await prepare(round);
        await using from = await connect(access, 'bench');
        await using to = await connect(server.access(sides[compare].database), 'bench');
        const side = sides[compare];
        link.passed();
        return await timed(async () => {
          if (side.held === null) throw new Error('not loaded');
          const outcome = await readSnapshot(from, capture, to, nodeOf(compare), side.held, Date.now());
          if (outcome.kind !== 'merged') throw new Error(`the read was ${outcome.kind}, not merged`);
          side.held = outcome.held;
          if (compare === 'checksum') moved.push(link.passed());
        });
      };
      const times = await inTurns(pairs, { floor: read('rows'), ours: read('checksum') });
      const more = where === 'loopback' ? '' : `${(median(moved) / 1e6).toFixed(1)} MB moved`;
      const measured = { floor: times('floor'), ours: times('ours') };
      verdicts.push(judge(`checksum ${where}, ${how}`, count, measured, bar, more));
    }
  }
  const all = [...orders.columns.map((column) => column.name), 'fh_from'];
  const [a, b] = await Promise.all(
    [sides.rows, sides.checksum].map((side) =>
      contentOf(server, side.database, `${orders.schema}.${orders.current}`, all),
    ),
  );
  if (a !== b) throw new Error(`by checksum it is ${b}; by rows ${a}`);
  await drop(source, database);
  for (const side of Object.values(sides)) await drop(server, side.database);
  return verdicts;
}

/** One row in a thousand: 0.08% updated, 0.01% deleted, 0.01% new; each step others. */
function changes(step: number, count: number, how: 'scattered' | 'together'): string {
  const few = Math.ceil(count / 10_000);
  const first = count + 1 + step * few;
  const begin = (step * few * 10) % Math.floor(count / 2);
  const [updated, deleted] =
    how === 'scattered'
      ? [`id % 10000 between ${step * 9} and ${step * 9 + 7}`, `id % 10000 = ${step * 9 + 8}`]
      : [`id between ${begin} and ${begin + 8 * few - 1}`, `id between ${begin + 8 * few} and ${begin + 9 * few - 1}`];
  return `update public.orders set total = total + 1, status = 'X' where ${updated};
    delete from public.orders where ${deleted};
    insert into public.orders ${rows(first, first + few - 1)}`;
}
