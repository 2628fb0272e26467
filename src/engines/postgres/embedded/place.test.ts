import { chmod, mkdir, mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { reachable } from './place.ts';

/** An account that owns nothing. */
const stranger = { uid: 65_533, gid: 65_533, name: 'stranger', drop: true };

test('a directory below a closed one gets a stand-in of a fixed name, said once', async () => {
  const room = await mkdtemp(join(tmpdir(), 'freehold-place-'));
  const said: string[] = [];
  const wanted = join(room, 'model', 'data');
  const first = reachable(wanted, stranger, (text) => said.push(text));
  const second = reachable(wanted, stranger, (text) => said.push(text));
  expect(first).toMatch(/^\/var\/tmp\/freehold-\d+\/data-[0-9a-f]{12}$/);
  expect(second).toBe(first);
  expect(said).toEqual([expect.stringContaining(`'${wanted}' cannot be entered by the account 'stranger'`)]);
  await rm(room, { recursive: true });
});

test('an open directory is taken as it is, and what is made above it can be entered', async () => {
  const room = await realpath(await mkdtemp(join(tmpdir(), 'freehold-place-')));
  await chmod(room, 0o755);
  await mkdir(join(room, 'model'));
  const path = reachable(join(room, 'model', '.freehold', 'data'), stranger);
  expect(path).toBe(join(room, 'model', '.freehold', 'data'));
  expect((await stat(dirname(path))).mode & 0o001).toBe(1);
  await rm(room, { recursive: true });
});
