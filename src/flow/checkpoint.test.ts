import { expect, onTestFinished, test } from 'vitest';
import { connect } from '../engines/postgres/connection.ts';
import { testServer } from '../engines/postgres/testing/server.ts';
import { sql, value } from '../sql/sql.ts';
import { ensureBookkeeping, moveOn, takeOver } from './checkpoint.ts';

/** Sessions of one process, and of others, in a store with two streams. */
async function arrange() {
  const server = await testServer();
  const database = await server.createDatabase('checkpoints');
  const open = async (purpose: string) => {
    const session = await connect(server.access(database), purpose);
    onTestFinished(() => session[Symbol.asyncDispose]());
    return session;
  };
  const c = await open('freehold streams of shop');
  await ensureBookkeeping(c);
  return { open, c, one: await takeOver(c, 'one'), two: await takeOver(c, 'two') };
}

const hold = (stream: string) => sql`update freehold.fh_checkpoint set epoch = epoch where stream = ${value(stream)}`;
const share = (stream: string) => sql`select from freehold.fh_checkpoint where stream = ${value(stream)} for share`;
const append = (stream: string) => sql`select from freehold.fh_owner where stream = ${value(stream)} for share`;

test('positions of streams at rest are written past one that somebody holds, and that one is not taken for fenced', async () => {
  const { open, c, one, two } = await arrange();
  const holder = await open('somebody');
  await holder.execute(sql`begin`);
  await holder.execute(hold('one'));
  const gone = { ...one, stream: 'gone' };
  const now = await moveOn(c, [one, two, gone], { position: '7', identity: 'server' });
  expect(now).toEqual({ moved: new Set(['two']), busy: new Set(['one']) });
  await holder.execute(sql`commit`);
  const later = await moveOn(c, [one, { ...two, epoch: two.epoch - 1n }], { position: '8', identity: 'server' });
  expect(later).toEqual({ moved: new Set(['one']), busy: new Set() });
  expect(await c.query(sql`select stream, position from freehold.fh_checkpoint order by stream`)).toEqual([
    { stream: 'one', position: '8' },
    { stream: 'two', position: '7' },
  ]);
});

test.each([
  ['holds its checkpoint', hold],
  ['shares its checkpoint', share],
  ['appends to its inbox', append],
] as const)(
  'whoever takes a stream over ends the session of ours that %s, and no other',
  { timeout: 60_000 },
  async (_, holding) => {
    const { open, c } = await arrange();
    const [still, beside, others] = [
      await open('freehold streams of shop'),
      await open('freehold streams of shop'),
      await open('freehold apply'),
    ];
    for (const [session, statement] of [
      [still, holding('one')],
      [beside, hold('two')],
      [others, sql`select txid_current()`],
    ] as const) {
      await session.execute(sql`begin`);
      await session.execute(statement);
    }
    expect(await takeOver(c, 'one')).toMatchObject({ stream: 'one', epoch: 2n });
    await expect(still.execute(sql`commit`)).rejects.toThrow();
    await beside.execute(sql`commit`);
    await others.execute(sql`commit`);
  },
);
