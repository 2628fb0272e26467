import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { contractText } from '../../export/odcs/text.ts';
import { loadModel } from '../../load/load.ts';
import { judges, lines, mesh } from '../../load/testing/model.ts';
import { exportCommand } from '../commands/export.ts';
import { importCommand } from '../commands/import.ts';
import type { Output } from '../output.ts';

const text = readFileSync(new URL('../../../test/odcs/v3.1.odcs.yaml', import.meta.url), 'utf8');
const named = text.replace('tenant: acme', 'domain: retail\nname: Parcels of the Shop');

let root = '';
let said: string[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'freehold-odcs-'));
  writeFileSync(join(root, 'mesh.ts'), mesh['mesh.ts']);
  said = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const output: Output = {
  json: false,
  color: pc.createColors(false),
  isColored: false,
  result: (line) => said.push(line),
  document: (value) => said.push(JSON.stringify(value)),
  note: (line) => said.push(`note ${line}`),
  problem: (line) => said.push(`problem ${line}`),
};

function imported(contract: string, as?: string) {
  writeFileSync(join(root, '..', `${root.split('/').at(-1)}.yaml`), contract);
  return importCommand(`${root}.yaml`, { dir: root, ...(as === undefined ? {} : { as }) }, output).finally(() =>
    rmSync(`${root}.yaml`),
  );
}

describe('import', () => {
  test('writes a model file and the contract beside it, which load as they are', async () => {
    expect(await imported(named)).toBe(0);
    expect(said[0]).toBe(
      '{"version":1,"address":"retail/sales/parcels_of_the_shop","files":["retail/sales/parcels_of_the_shop.ts","retail/sales/parcels_of_the_shop.odcs.yaml"]}',
    );
    expect(readFileSync(join(root, 'retail/sales/parcels_of_the_shop.odcs.yaml'), 'utf8')).toBe(named);
    expect(readFileSync(join(root, 'retail/sales/parcels_of_the_shop.ts'), 'utf8')).toMatchInlineSnapshot(`
      "import { datastore, fromContract, snapshot } from 'freehold';

      // From the contract parcels_of_the_shop.odcs.yaml, which stands beside this file and is read with it.
      // What it says is not repeated here; what of it executes, and what is only kept: docs/odcs.md.
      export default datastore('retail/sales/parcels_of_the_shop', {
        // A connection, which each environment binds.
        source: 'source',
        // How changes are read; or cdc(), or watermark('column').
        changes: snapshot(),
        // Consumers in production read it once its team says:  production: true,
        datasets: fromContract('./parcels_of_the_shop.odcs.yaml', {
          // Has no key:  empty: { key: ['...'] },  or where rows are only ever added  { appendOnly: true },
        }),
      });
      "
    `);
    const { model, findings } = await loadModel(root, { judges });
    expect(lines(findings.filter(({ severity }) => severity === 'error'))).toEqual([]);
    expect(Object.keys(model?.datastores['retail/sales/parcels_of_the_shop']?.datasets ?? {})).toEqual([
      'empty',
      'parcels',
    ]);
  });

  test('touches nothing that is there', async () => {
    expect(await imported(named, 'retail/sales/p')).toBe(0);
    await expect(imported(text, 'retail/sales/p')).rejects.toThrow('retail/sales/p.ts is there already');
    expect(readFileSync(join(root, 'retail/sales/p.odcs.yaml'), 'utf8')).toBe(named);
  });

  test('asks whose it is where the contract does not say, and takes no path for an address', async () => {
    await expect(imported(text)).rejects.toThrow('Add  --as zone/team/name');
    for (const wrong of ['../../etc/x', 'retail/sales', 'retail/sales/a.b', 'Retail/Sales/X'])
      await expect(imported(text, wrong)).rejects.toThrow('is no address');
    expect(readdirSync(root)).toEqual(['mesh.ts']);
  });

  test('tells what is wrong with a contract with its place, and writes nothing', async () => {
    expect(await imported(text.replace('v3.1.0', 'v1'), 'retail/sales/p')).toBe(1);
    expect(said.join('\n')).toContain('.yaml:1:1\n1 | apiVersion: v1\n');
    expect(existsSync(join(root, 'retail'))).toBe(false);
    await expect(importCommand(join(root, 'nothing.yaml'), { dir: root }, output)).rejects.toThrow(
      'cannot be read (ENOENT)',
    );
  });

  test('lets no text of a contract leave its comment or its quotes', async () => {
    const hostile = named
      .replace(
        'status: deprecated',
        'status: active\nservers: [{ server: "a\'\\n*/;b\\u2028", type: "x\\nexport default 1;" }]',
      )
      .replace('name: weight', 'name: weight\n        classification: "x\\n}); process.exit()"');
    expect(await imported(hostile)).toBe(0);
    const { findings } = await loadModel(root, { judges });
    expect(lines(findings.filter(({ severity }) => severity === 'error'))).toEqual([]);
  });
});

describe('export', () => {
  test('gives all contracts, or those at addresses, to files or as one stream', async () => {
    await imported(named, 'retail/sales/p');
    said = [];
    const out = join(root, 'out');
    expect(await exportCommand([], { dir: root, out, apiVersion: 'v3.1.0' }, output)).toBe(0);
    expect(readdirSync(out)).toEqual(['retail.sales.p.odcs.yaml']);
    expect(parse(readFileSync(join(out, 'retail.sales.p.odcs.yaml'), 'utf8'))).toMatchObject({
      id: 'parcels',
      domain: 'retail',
    });
    said = [];
    await exportCommand(['retail/sales/p.empty', 'retail/sales/p'], { dir: root, apiVersion: 'v3.2.0' }, output);
    expect(said.slice(0, 1)).toEqual(['note retail/sales/p.empty keeps the version of its contract, v3.1.0.']);
    expect(said.at(-1)?.split('\n---\n')).toHaveLength(2);
  });

  test('asks about an address that is none by its near name', async () => {
    await imported(named, 'retail/sales/p');
    const options = { dir: root, apiVersion: 'v3.1.0' } as const;
    await expect(exportCommand(['retail/sales/q'], options, output)).rejects.toThrow("Did you mean 'retail/sales/p'?");
    await expect(exportCommand(['retail/sales/p.emty'], options, output)).rejects.toThrow("Did you mean 'empty'?");
  });
});

test('the YAML of a contract is read alike by readers of YAML 1.1 and 1.2, and steers no terminal', () => {
  const document = {
    a: '2026-01-31',
    b: 'no',
    c: '12:30',
    d: '1_000',
    e: '0o7',
    f: 'null',
    g: ['~', ' x ', "it's", 'a: b', '#c'],
  };
  expect(parse(contractText(document))).toEqual(document);
  expect(parse(contractText(document), { schema: 'yaml-1.1' })).toEqual(document);
  const hostile = { a: '\u001b[2J\u202e', b: ' ' };
  expect(contractText(hostile)).toMatch(/^[\n\x20-\x7e]*$/);
  expect(parse(contractText(hostile))).toEqual(hostile);
});
