import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import pc from 'picocolors';
import { afterAll, describe, expect, test } from 'vitest';
import { loadModel } from '../../load/load.ts';
import { judges } from '../../load/testing/model.ts';
import { lookupIn } from '../../model/lookup.ts';
import { whyVoid } from '../../review/recovery.ts';
import { parseRecovery } from '../../review/recovery-file.ts';
import { testSigner } from '../../review/testing/sign.ts';
import type { Output } from '../output.ts';
import { type RecoverOptions, recoverCommand } from './recover.ts';

const root = mkdtempSync(join(tmpdir(), 'freehold-recover-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const schemaOf = async (name: string) =>
  JSON.parse(await readFile(new URL(`../../../docs/schemas/${name}.schema.json`, import.meta.url), 'utf8'));
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
ajv.addSchema(await schemaOf('recovery'), 'recovery.schema.json');
const isInSchema = ajv.compile(await schemaOf('recover'));
const isFile = ajv.getSchema('recovery.schema.json');

/** A model whose mesh and zone have these signers. */
function modelOf(keys: readonly string[], recovery = "recovery: { signatures: 2, waiting: '14d' },"): string {
  const dir = mkdtempSync(join(root, 'model-'));
  const signers = `signers: [${keys.map((key) => `{ key: '${key}' }`).join(', ')}],`;
  mkdirSync(join(dir, 'retail'));
  writeFileSync(
    join(dir, 'mesh.ts'),
    `import { approvers, mesh, user, zone } from 'freehold';
const owner = (id) => approvers([user(id)]);
export default mesh('acme', { language: 1, owner: owner(1), zones: { retail: owner(2) }, environments: {}, ${signers} ${recovery} });
export const retail = zone('retail', { teams: { sales: { owner: owner(4) } }, ${signers} });
`,
  );
  return dir;
}

const stranger = testSigner().key;

describe('what is refused before anything is signed', () => {
  const dir = modelOf([stranger]);
  test.each<[string, RecoverOptions, string]>([
    [
      'retail/sale',
      {},
      "'retail/sale' is no zone, team or environment of the model: ownership is recovered of those. Did you mean 'retail/sales'?",
    ],
    ['retail/sales/orders', {}, "'retail/sales/orders' is no zone, team or environment of the model"],
    ['mesh', {}, 'Nobody declares the mesh, so that nobody can recover it'],
    ['retail/sales', {}, "Say why its owner cannot be asked:  --reason '...'."],
    [
      'retail',
      { reason: 'r', announced: '2020-01-01' },
      '--announced 2020-01-01 is over: waiting begins today or later.',
    ],
    ['retail', { reason: 'r', announced: 'soon' }, "--announced is a day, such as 2026-12-31, not 'soon'."],
    [
      'retail',
      { reason: 'r', announced: '2990-01-01', until: '2990-01-14' },
      '--until 2990-01-14 is over before waiting is, on 2990-01-15: it would never count.',
    ],
  ])('%s %o', async (address, options, message) => {
    await expect(recovered(address, { dir, ...options })).rejects.toThrow(message);
  });

  test('a mesh that says nothing of recovery, and one that never comes to it', async () => {
    await expect(recovered('retail', { dir: modelOf([stranger], '') })).rejects.toThrow(
      "Mesh 'acme' does not say how ownership is recovered. Its owner adds  recovery: { signatures: 2, waiting: '14d' }  and  signers  first.",
    );
    const never = modelOf([stranger], "recovery: { signatures: 1, waiting: '999999999y' },");
    await expect(recovered('retail', { dir: never, reason: 'r' })).rejects.toThrow('nobody lives to see it');
  });
});

const hasProgram = spawnSync('ssh-keygen', ['-?']).error === undefined;
if (!hasProgram) console.log('skipped: signing, since this machine has no ssh-keygen');

describe.skipIf(!hasProgram)('with ssh-keygen', () => {
  const made = (name: string) => {
    const file = join(root, name);
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'ana@laptop', '-f', file]);
    return { file, key: readFileSync(`${file}.pub`, 'utf8').trim().split(' ').slice(0, 2).join(' ') };
  };

  test('signers announce one after the other in one file, which has force when enough have signed', async () => {
    const [ana, ben, cleo] = [made('ana'), made('ben'), made('cleo')];
    const dir = modelOf([ana.key, ben.key]);
    const whyNot = async (file: string) => {
      const { model, recoveries } = await loadModel(dir, { judges });
      const signed = parseRecovery(recoveries[file] ?? '');
      if (model === null || 'wrong' in signed) throw new Error('not loaded');
      expect(isFile?.(JSON.parse(recoveries[file] ?? ''))).toBe(true);
      return whyVoid(signed, lookupIn(model), Date.now());
    };
    const first = await recovered('retail/sales', { dir, key: ana.file, reason: 'the team was dissolved' });
    expect(first.document).toMatchObject({
      signed: 1,
      needed: 2,
      statement: { address: 'retail/sales', mesh: 'acme' },
    });
    expect(await whyNot(first.document.file)).toBe(
      "it is signed by 1 of the signers of zone 'retail', and 2 are needed",
    );
    await expect(recovered('retail/sales', { dir, key: ana.file })).rejects.toThrow('has signed this already');
    await expect(recovered('retail/sales', { dir, key: cleo.file })).rejects.toThrow(
      "is none of the signers of zone 'retail' today",
    );
    const second = await recovered('retail/sales', { dir, key: ben.file });
    expect(second.document).toMatchObject({
      file: first.document.file,
      signed: 2,
      statement: first.document.statement,
    });
    expect(await whyNot(second.document.file)).toBe(null);
    // Of another party it is another announcement.
    const zone = await recovered('retail', { dir, key: ana.file, reason: 'r', announced: '2990-01-01' });
    expect(zone.document).toMatchObject({
      signed: 1,
      effective: '2990-01-15T00:00:00.000Z',
      statement: { until: '2990-02-14' },
    });
    expect(zone.document.file).not.toBe(first.document.file);
  });
});

type Document = { readonly file: string; readonly statement: Readonly<Record<string, unknown>> };

/** The command, and what it printed; its document is what the schema says. */
async function recovered(address: string, options: RecoverOptions): Promise<{ readonly document: Document }> {
  let told: unknown = null;
  const output: Output = {
    json: true,
    color: pc.createColors(false),
    isColored: false,
    result: () => undefined,
    document: (value) => {
      told = value;
    },
    note: () => undefined,
    problem: () => undefined,
  };
  expect(await recoverCommand(address, options, output)).toBe(0);
  expect({ is: isInSchema(told), errors: isInSchema.errors }).toEqual({ is: true, errors: null });
  return { document: JSON.parse(JSON.stringify(told)) };
}
