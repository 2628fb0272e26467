import { createServer, connect as dial } from 'node:net';
import { expect, test } from 'vitest';
import { must } from '../../../base/must.ts';
import { postgres } from '../engine.ts';
import { testServer } from '../testing/server.ts';
import { serverFindings } from './server.ts';
import type { SourceServer } from './source.ts';

const good: SourceServer = {
  ...{ version: 150004, versionText: '15.4', database: 'shop', role: 'reader', walLevel: 'logical', isStandby: false },
  ...{ hasFeedback: false, standbys: 0 },
  ...{ encoding: 'UTF8', slots: { used: 3, ours: 0, limit: 10 }, senders: { used: 3, limit: 10 }, mayReplicate: true },
  ...{ isSuperuser: false, mayCreate: true, published: [] },
};

const rules = (server: Partial<SourceServer>, mode: 'snapshot' | 'cdc' = 'cdc', isPooled = false) =>
  serverFindings({ ...good, ...server }, mode, isPooled).map(({ rule, severity }) => `${rule} ${severity}`);

test('a server made for change logs has nothing against it', () => {
  expect(rules({})).toEqual([]);
});

test.each<[string, Partial<SourceServer>, string[]]>([
  ['too old', { version: 120_010, versionText: '12.10' }, ['source-version error']],
  ['without an encoding', { encoding: 'SQL_ASCII' }, ['source-encoding warning']],
  ['too old for its log', { version: 130_010, versionText: '13.10' }, ['source-version error']],
  ['a standby too old for its log', { isStandby: true, hasFeedback: true }, ['source-standby error']],
  ['a standby that is heard', { version: 160_003, isStandby: true, hasFeedback: true }, []],
  ['a standby that is not heard', { version: 160_003, isStandby: true }, ['source-standby warning']],
  ['whose slots its standbys lack', { standbys: 2 }, ['source-failover warning']],
  ['whose slots its standbys can have', { version: 170_001, standbys: 2 }, []],
  ['without rows in its log', { walLevel: 'replica' }, ['source-wal-level error']],
  ['without a free slot', { slots: { used: 10, ours: 0, limit: 10 } }, ['source-slots error']],
  ['whose last slot is ours', { slots: { used: 10, ours: 1, limit: 10 }, senders: { used: 9, limit: 10 } }, []],
  [
    'with one free sender, where the first load takes two',
    { senders: { used: 9, limit: 10 } },
    ['source-senders error'],
  ],
  ['that keeps its log from the role', { mayReplicate: false }, ['source-replication-right error']],
])('a server %s is said so', (_, server, expected) => {
  expect(rules(server)).toEqual(expected);
});

test('a snapshot asks nothing of the log', () => {
  expect(
    rules(
      { walLevel: 'minimal', isStandby: true, mayReplicate: false, slots: { used: 0, ours: 0, limit: 0 } },
      'snapshot',
      true,
    ),
  ).toEqual([]);
});

test('a pooler is known by the process that answers, which is not the one that greeted us', async () => {
  const server = await testServer();
  const access = server.access(await server.createDatabase('pooler'));
  // Stands between as a pooler does: with a cancel key of its own.
  const between = createServer((client) => {
    const behind = dial(Number(access.fields.port), String(access.fields.host));
    client.pipe(behind);
    behind.on('data', (part) => {
      const at = part.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]));
      if (at >= 0) part.writeInt32BE(part.readInt32BE(at + 5) + 1, at + 5);
      client.write(part);
    });
    behind.on('close', () => client.destroy());
    client.on('close', () => behind.destroy());
    client.on('error', () => undefined);
    behind.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
  const address = between.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  {
    await using c = await postgres.connect({ ...access, fields: { ...access.fields, port } }, 'test');
    const capture = must(postgres.capture, 'capture');
    expect((await capture.preflight(c, 'cdc', [])).map(({ rule }) => rule)).toEqual(['source-pooler']);
    expect(await capture.preflight(c, 'snapshot', [])).toEqual([]);
  }
  between.close();
});
