import { expect, onTestFinished, test } from 'vitest';
import { connect } from '../../engines/postgres/connection.ts';
import { postgresLog } from '../../engines/postgres/log/log.ts';
import type { ReplicaDataset, StreamNode } from '../../plan/plan.ts';
import { takeOver } from '../checkpoint.ts';
import { gapsOf } from '../gaps.ts';
import { replicateOnce } from '../replicate/replicate.ts';
import { ensureTables } from '../tables.ts';
import { catchUp, database } from '../testing/capturing.ts';
import { freshStore, tablesOf } from '../testing/fixture.ts';
import { replicateNode } from '../testing/nodes.ts';
import { random } from '../testing/reference.ts';
import { a, apart, apply, asOf, b, commit, tables, together, valuesOf } from './testing/shop.ts';

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

test(`a stream that is split and joined over and over, beside changes and cuts, keeps what one that never was keeps (seed ${seed})`, async () => {
  const rnd = random(seed);
  const below = (n: number) => Math.floor(rnd() * n);
  const source = await database('src', tables);
  const store = await database('store');
  const plain = await database('plain');
  const plainly = { ...source, name: `${source.name}_plain` };
  onTestFinished(() => postgresLog(connect).drop(source.access, plainly.name));
  const replica = await freshStore('replica');
  const copies = [a, b].map((one): ReplicaDataset => ({ ...one, store: one }));
  const follow = async (nodes: readonly StreamNode[]) => {
    for (const node of nodes) {
      const datasets = copies.filter(({ address }) => node.datasets.some((one) => one.address === address));
      await ensureTables(
        replica,
        datasets.map((one) => ({ ...one, keepsDelta: false })),
      );
      const held = await takeOver(replica, node.stream);
      await replicateOnce(store.session, replica, replicateNode(datasets, { stream: node.stream }), held);
    }
  };
  let nodes = rnd() < 0.5 ? together : apart;
  await apply(store, nodes, []);
  await apply(plain, together, []);
  await catchUp(source, store, nodes);
  await catchUp(plainly, plain, together);
  const instants: string[] = [];
  const counted = { switches: 0, cuts: 0 };
  for (let round = 0; round < 14; round++) {
    for (let n = below(3); n >= 0; n--) instants.push(await commit(source, changes(below)));
    if (rnd() < 0.7) {
      let left = below(8);
      const hook = () => (left-- === 0 ? Promise.reject(new Error('cut')) : Promise.resolve());
      await catchUp(source, store, nodes, { hook }).catch((failure: unknown) => {
        expect(String(failure)).toBe('Error: cut');
        counted.cuts++;
      });
    }
    if (rnd() < 0.4) await follow(nodes);
    if (rnd() < 0.6) {
      const other = nodes === together ? apart : together;
      await apply(store, other, nodes);
      nodes = other;
      counted.switches++;
    }
  }
  await catchUp(source, store, nodes);
  await catchUp(plainly, plain, together);
  await follow(nodes);
  for (const one of [a, b]) {
    expect(await valuesOf(store.session, one)).toEqual(await valuesOf(plain.session, one));
    const kept = { ...one, keepsDelta: false };
    expect(await tablesOf(replica, kept)).toEqual(await tablesOf(store.session, kept));
    for (const at of instants) {
      const then = await asOf(plain.session, one, at);
      expect([at, await asOf(store.session, one, at)]).toEqual([at, then]);
      expect([at, await asOf(replica, one, at)]).toEqual([at, then]);
    }
  }
  for (const { stream } of nodes) expect(await gapsOf(store.session, stream)).toEqual([]);
  expect(counted.switches).toBeGreaterThan(0);
  await replica[Symbol.asyncDispose]();
}, 600_000);

/** A transaction's statements on both tables, or one of them. */
function changes(below: (n: number) => number): string {
  const statements: string[] = [];
  for (let n = below(4); n >= 0; n--) {
    const table = below(2) === 0 ? 'a' : 'b';
    const id = below(6);
    const v = `'${['x', 'y', 'z'][below(3)] ?? ''}'`;
    statements.push(
      below(4) === 0
        ? `delete from ${table} where id = ${id}`
        : `insert into ${table} values (${id}, ${v}) on conflict (id) do update set v = ${v}`,
    );
  }
  return statements.join('; ');
}
