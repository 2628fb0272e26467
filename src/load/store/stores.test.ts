import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { around } from '../../check/judgement.ts';
import { engineFacts } from '../../engines/facts.ts';
import type { KeptInput } from './objects.ts';
import { storesIn } from './stores.ts';

const home = await mkdtemp(join(tmpdir(), 'freehold-stores-'));
afterAll(() => rm(home, { recursive: true, force: true }));

test('what nobody used for a month goes when another store is kept, and so do drafts of a day', async () => {
  const days = async (path: string, count: number) => {
    const file = join(home, 'stores', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, 'x');
    const at = new Date(Date.now() - count * 86_400_000);
    await utimes(file, at, at);
  };
  await days('former/old.objects', 40);
  await days('former/old.judged', 31);
  // Made long ago, and used of late.
  await days('former/used.objects', 40);
  await days('former/used.judged', 29);
  await days('former/ended.objects.1-a.draft', 2);
  await days('former/under-way.objects.1-b.draft', 0);
  const stores = await storesIn(home);
  const input: KeptInput = { roots: none(), schemas: [], signed: { signed: {}, recoveries: {} } };
  await stores.keep('one', input, async ({ lookup }) => around(lookup, engineFacts, 0));
  expect((await readdir(join(home, 'stores', 'former'))).sort()).toEqual([
    'under-way.objects.1-b.draft',
    'used.judged',
    'used.objects',
  ]);
  expect(await stores.names()).toEqual(['one']);
});

async function* none(): KeptInput['roots'] {}
