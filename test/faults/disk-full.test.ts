import { execFileSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect } from '../../src/engines/postgres/connection.ts';
import { serverAccount } from '../../src/engines/postgres/embedded/account.ts';
import { ownServer } from '../../src/engines/postgres/testing/own.ts';
import { literal, name, sql } from '../../src/sql/sql.ts';
import { faultSetting } from './setting.ts';

/** Null: a file system may be mounted here; else why this fault is left out. */
const noMount = (() => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root on Linux may mount a small disk';
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'no file system may be mounted here';
  }
})();
if (noMount !== null) console.warn(`skipped: a disk that is full: ${noMount}`);

test.skipIf(noMount !== null)(
  'a store whose disk is full says so, loses nothing, and goes on when there is room',
  {
    timeout: 300_000,
  },
  async () => {
    const disk = await smallDisk('64m');
    await using _ = disk;
    await using server = await ownServer();
    await using setting = await faultSetting({
      store: server,
      async prepare({ store }) {
        await using c = await connect(server.reached().access('postgres'), 'faults');
        await c.execute(sql`create tablespace small location ${literal(disk.place)}`);
        await c.execute(sql`alter database ${name(store)} set tablespace small`);
      },
    });
    const runner = setting.start();
    await setting.arrived();
    await setting.writeSome(20);
    await setting.arrived();
    disk.fill();
    await setting.write.large();
    expect(await runner.until((event) => event.kind === 'failed', 'the disk is full')).toMatchObject({
      unit: 'capture:shop',
      node: 'stream:retail/sales/shop',
      message: expect.stringMatching(/No space left on device/),
      retryAfterMs: expect.any(Number),
    });
    await setting.writeSome(20);
    disk.clear();
    await setting.arrived();
    expect(runner.isOver()).toBe(false);
    await setting.expectExact();
  },
);

/** A file system of its own, in memory, of so many bytes. */
async function smallDisk(size: string) {
  const room = await mkdtemp(join(tmpdir(), 'freehold-small-'));
  await chmod(room, 0o755);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', room]);
  const filler = join(room, 'filler');
  const { uid, gid } = serverAccount();
  await chown(room, uid, gid);
  return {
    place: room,
    fill() {
      const { bavail, bsize } = statfsSync(room);
      writeFileSync(filler, Buffer.alloc(bavail * bsize));
    },
    clear: () => rmSync(filler),
    async [Symbol.asyncDispose]() {
      execFileSync('umount', ['-l', room]);
      await rm(room, { recursive: true, force: true });
    },
  };
}
