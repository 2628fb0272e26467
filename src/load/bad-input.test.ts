import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { modelFilesIn } from './files.ts';
import { loadModel } from './load.ts';
import { lines, loaded, mesh } from './testing/model.ts';

/** A file that must be unaffected by what stands beside it. */
const good = `import { datastore, int32, snapshot, table } from 'freehold';
export default datastore('retail/sales/good', { source: 'shop', changes: snapshot(), datasets: { t: table({ key: ['id'] }, { id: int32() }) } });
`;

type Case = {
  readonly name: string;
  readonly text: string;
  readonly finds: string | RegExp;
  readonly more?: Record<string, string>;
};

const word = `import { datastore, group, int32, mesh, table, workspace } from 'freehold';\n`;

const cases: readonly Case[] = [
  {
    name: 'loops for ever',
    text: `const a = 1;\nfor (;;) {}\n`,
    finds: /^bad\.ts:\d:\d+ evaluation-failed 'bad\.ts' takes too many steps/,
  },
  {
    name: 'leaves the process',
    text: `\n  process.exit(1);\n`,
    finds: "bad.ts:2:3 evaluation-failed 'bad.ts' failed: ReferenceError: process is not defined",
  },
  {
    name: 'allocates without end',
    text: `const all: unknown[] = [];\nfor (;;) all.push(new Array(1000).fill(all));\n`,
    finds: /^bad\.ts:2:\d+ evaluation-failed 'bad\.ts' takes too much memory/,
  },
  {
    name: 'awaits for ever',
    text: `await new Promise(() => {});\n`,
    finds: /^bad\.ts:1:1 not-in-a-model a model file waits/,
  },
  {
    name: 'awaits in a loop',
    text: `for await (const x of []) {}\n`,
    finds: /^bad\.ts:1:1 not-in-a-model a model file waits/,
  },
  {
    name: 'names what nothing has, at its top',
    text: `import { group } from 'freehold';
const named = { workspac: 1, a: group.workspac };
export default workspac('retail/insight/x', {});\n`,
    finds:
      /^bad\.ts:3:16 evaluation-failed 'bad\.ts' failed: ReferenceError: workspac is not defined\. Did you mean 'workspace'\?/,
  },
  {
    name: 'names what nothing has, in a function',
    text: `const f = () => 1;
function g() {
  return f() + absent.x;
}
export default g();\n`,
    finds: /^bad\.ts:3:16 evaluation-failed 'bad\.ts' failed: ReferenceError: absent is not defined/,
  },
  {
    name: 'names a word and does not call it',
    text: `import { datastore, int32, snapshot, table } from 'freehold';
export default datastore('retail/sales/bad', { source: 'shop', changes: snapshot(), datasets: { t: table({ key: ['id'] }, {
  id: int32,
}) } });\n`,
    finds: /^bad\.ts:3:3 not-plain-data 'datasets\.t\.columns\.id' is a function, and a model is plain data\./,
  },
  {
    name: 'says from a day on within a policy',
    text: `import { any, encrypted, from, zone } from 'freehold';
export default zone('retail', { teams: {}, policies: { p: any(encrypted(), from('2027-01-01', encrypted())) } });\n`,
    finds: /^bad\.ts:2:\d+ invalid-value zone 'retail': 'policies\.p\.of\.1' says from a day on, within a policy/,
  },
  {
    name: 'names a policy of no parts, and a pattern that is none',
    text: `import { all, named, zone } from 'freehold';
export default zone('retail', { teams: {}, policies: { p: all(), q: named('column', 5) } });\n`,
    finds:
      /^bad\.ts:2:\d+ invalid-value zone 'retail': 'policies\.q\.pattern' must be text that is not empty, and is 5\./,
  },
  {
    name: 'labels a part of a type',
    text: `import { array, datastore, int32, snapshot, struct, table, text } from 'freehold';
export default datastore('retail/sales/bad', { source: 'shop', changes: snapshot(), datasets: { t: table({ key: ['id'] }, {
  id: int32(),
  a: array(struct({ mail: text().nullable().label('pii').doc('a'), n: text().nullable() })).label('money'),
}) } });\n`,
    finds: /^bad\.ts:4:3 invalid-value column 'retail\/sales\/bad\.t#a': 'labels', 'doc' is said of a part of its type/,
  },
  {
    name: 'reads a list',
    text: `import { image, transformer } from 'freehold';
export default transformer('retail/sales/bad', { reads: ['retail/sales/good.t'], code: image('a@sha256:${'0'.repeat(64)}') });\n`,
    finds: "bad.ts:2:50 invalid-value transformer 'retail/sales/bad': 'reads' must be an object, and is a list.",
  },
  {
    name: 'reads a file',
    text: `import { readFileSync } from 'node:fs';\n`,
    finds: /^bad\.ts:1:30 bad-import 'node:fs' cannot be imported/,
  },
  {
    name: 'reaches for the harness',
    text: `import { walk } from 'freehold:harness';\n`,
    finds: /^bad\.ts:1:22 bad-import 'freehold:harness' cannot/,
  },
  {
    name: 'imports while it runs',
    text: `const fs = import('node:fs');\n`,
    finds: /^bad\.ts:1:12 not-in-a-model a model file imports while it runs/,
  },
  {
    name: 'nests a text deeply',
    text: `JSON.parse('['.repeat(1e5));\n`,
    finds: /^bad\.ts:1:\d+ evaluation-failed .*nests too deep|could-not-judge/,
  },
  {
    name: 'nests objects deeply, which aborts the interpreter',
    text: `let o = {};\nfor (let i = 0; i < 1e5; i++) o = { o };\nJSON.stringify(o);\n`,
    finds: /could-not-judge 'bad\.ts' could not be judged: the interpreter broke off|evaluation-failed/,
  },
  {
    name: 'nests its text deeply',
    text: `const x = ${'['.repeat(1e5)}\n`,
    finds: 'bad.ts:1:1 syntax-error this file is nested too deeply to be read.',
  },
  {
    name: 'nests its text deeply, and may be TypeScript alone',
    text: `const x = 1 < ${'['.repeat(1e5)}\n`,
    finds: /^bad\.ts:1:1 could-not-judge/,
  },
  {
    name: 'throws',
    text: `const é: string = 'é';\nexport const a = () => {\n  throw new Error('no ' + é);\n};\na();\n`,
    finds: /^bad\.ts:3:\d+ evaluation-failed 'bad\.ts' failed: Error: no é/,
  },
  {
    name: 'throws what computes its message',
    text: `throw { get message() { for (;;) {} } };\n`,
    finds: /^bad\.ts:1:1 evaluation-failed/,
  },
  {
    name: 'throws nothing',
    text: `throw null;\n`,
    finds: "bad.ts:1:1 evaluation-failed 'bad.ts' failed: it threw null",
  },
  {
    name: 'throws a text',
    text: `throw 'out';\n`,
    finds: "bad.ts:1:1 evaluation-failed 'bad.ts' failed: it threw 'out'",
  },
  {
    name: 'throws what cannot be shown',
    text: `throw { toString() { throw 1; }, get message() { throw 1; } };\n`,
    finds: "bad.ts:1:1 evaluation-failed 'bad.ts' failed: it threw something that is no error",
  },
  {
    name: 'forgets an import',
    text: `export const a = varchar(10);\n`,
    finds: /^bad\.ts:1:\d+ evaluation-failed 'bad\.ts' failed: 'varchar' is not imported\.$/,
  },
  {
    name: 'mistypes what goes on from a column',
    text: `${word}export default datastore('retail/sales/x', { source: 'a', changes: { mode: 'cdc' }, datasets: {\n  t: table({}, { id: int32().nulable() }) } });\n`,
    finds:
      "bad.ts:3:30 evaluation-failed 'bad.ts' failed: 'nulable' is called, and is no function there. Did you mean 'nullable'?",
  },
  {
    name: 'says something twice',
    text: `${word}export default datastore('retail/sales/x', { source: 'a',\n  source: 'b', changes: { mode: 'cdc' }, datasets: {} });\n`,
    finds: "bad.ts:3:3 syntax-error 'source' is there twice in one object, and only the last would count.",
  },
  {
    name: 'says something twice where it computes',
    text: `const f = () => ({ a: 1, 'a': 2 });\nexport const a = f();\n`,
    finds: "bad.ts:1:26 syntax-error 'a' is there twice in one object, and only the last would count.",
  },
  {
    name: 'is no TypeScript',
    text: `const a = 1;\nconst b = ;\n`,
    finds: 'bad.ts:2:11 syntax-error this is no TypeScript: Expression expected',
  },
  {
    name: 'is no TypeScript, in lines that end otherwise',
    text: `const a = 1;\r\r\nconst b = ;\r\n`,
    finds: 'bad.ts:2:11 syntax-error this is no TypeScript: Expression expected',
  },
  {
    name: 'needs more than stripping',
    text: `enum A { x }\n`,
    finds: /^bad\.ts:1:1 not-in-a-model TypeScript enum is not supported/,
  },
  { name: 'exports nothing', text: `const a = 1;\n`, finds: /^bad\.ts:1:1 nothing-defined/ },
  {
    name: 'exports a getter',
    text: `${word}export default mesh('x', {\n  classification: { get levels() { return 1; } },\n});\n`,
    finds:
      "bad.ts:3:21 not-plain-data 'classification.levels' is computed when read (a getter), and a model is plain data.",
  },
  {
    name: 'uses a proxy',
    text: `${word}export default new Proxy(mesh('x', {}), {});\n`,
    finds: /^bad\.ts:2:\d+ evaluation-failed .* Proxy is not defined/,
  },
  {
    name: 'exports a cycle',
    text: `${word}const o: any = {};\no.o = o;\nexport default mesh('x', { owner: o });\n`,
    finds: /^bad\.ts:4:28 not-plain-data 'owner\.o\.o\.o\.o\.o\.\.\.\.' is nested deeper than 40, or contains itself/,
  },
  {
    name: 'exports shared objects that explode',
    text: `${word}let o: unknown = [1, 2];\nfor (let i = 0; i < 22; i++) o = [o, o];\nexport default mesh('x', { owner: o });\n`,
    finds: /^bad\.ts:\d+:\d+ (?:not-plain-data .* is larger than|evaluation-failed .* too many steps)/,
  },
  {
    name: 'exports a list without end',
    text: `${word}const a: number[] = [];\na.length = 4e9;\nexport default mesh('x', { zones: a });\n`,
    finds: /^bad\.ts:\d+:\d+ (?:not-plain-data|evaluation-failed)/,
  },
  {
    name: 'exports a function',
    text: `${word}export default mesh('x', { doc: () => 1 });\n`,
    finds: /^bad\.ts:2:28 not-plain-data 'doc' is a function/,
  },
  {
    name: 'exports a map',
    text: `${word}export default mesh('x', { zones: new Map() });\n`,
    finds: /^bad\.ts:2:28 not-plain-data 'zones' is no plain object/,
  },
  {
    name: 'exports own __proto__',
    text: `${word}export default mesh('x', { zones: { ['__proto__']: 1 } });\n`,
    finds: /^bad\.ts:2:37 not-plain-data 'zones\.__proto__' has a name/,
  },
  {
    name: 'sets a prototype',
    text: `${word}export default mesh('x', { zones: { __proto__: { a: 1 } } });\n`,
    finds: /^bad\.ts:2:28 not-plain-data 'zones' is no plain object/,
  },
  {
    name: 'writes to what all share',
    text: `Object.prototype.toJSON = () => 1;\n`,
    finds: /^bad\.ts:1:1 evaluation-failed .*TypeError/,
  },
  {
    name: 'makes code of text',
    text: `(() => {}).constructor('return 1')();\n`,
    finds: "bad.ts:1:11 evaluation-failed 'bad.ts' failed: 'constructor' is called, and is no function there.",
  },
  {
    name: 'asks the clock',
    text: `export const a = Date.now();\n`,
    finds: /^bad\.ts:1:\d+ evaluation-failed .*Date is not defined/,
  },
  {
    name: 'asks chance',
    text: `export const a = Math.random();\n`,
    finds: "bad.ts:1:22 evaluation-failed 'bad.ts' failed: 'random' is called, and is no function there.",
  },
  {
    name: 'imports outside the model',
    text: `import '../../etc/passwd.ts';\n`,
    finds: /^bad\.ts:1:8 bad-import .* lies outside the model/,
  },
  {
    name: 'imports what is not there',
    text: `import './nothing.ts';\n`,
    finds: /^bad\.ts:1:8 bad-import '\.\/nothing\.ts' is not among/,
  },
  {
    name: 'imports a name that is not there',
    text: `import { datastor } from 'freehold';\n`,
    finds: "bad.ts:1:10 bad-import 'freehold' exports no 'datastor'. Did you mean 'datastore'?",
  },
  {
    name: 'imports itself in a circle',
    text: `import './other.ts';\n`,
    more: { 'other.ts': `import './bad.ts';\n` },
    finds: /bad-import files import one another in a circle: 'bad\.ts' -> 'other\.ts' -> 'bad\.ts'/,
  },
  {
    name: 'has an unknown attribute',
    text: `${word}export default workspace('retail/insight/w', {\n  reader: ['a'],\n  groups: {},\n});\n`,
    finds:
      "bad.ts:3:3 unknown-attribute workspace 'retail/insight/w': attribute 'reader' is not known. Did you mean 'readers'?",
  },
  {
    name: 'lacks an attribute',
    text: `${word}export default datastore('retail/sales/x', { datasets: {} });\n`,
    finds: /^bad\.ts:2:16 missing-attribute datastore 'retail\/sales\/x': attribute 'source' is missing/,
  },
  {
    name: 'has a wrong value',
    text: `${word}export default workspace('retail/insight/w', {\n  groups: { g: group({ latency: 'soon', read: ['a/b/c.*'] }) },\n});\n`,
    finds:
      "bad.ts:3:24 invalid-value group 'retail/insight/w.g': 'latency' must be a duration such as '10s', '5m' or '7y', and is 'soon'.",
  },
  {
    name: 'has a text in place of a word',
    text: `${word}export default datastore('retail/sales/x', { source: 'a', changes: 'cdc', datasets: {} });\n`,
    finds:
      "bad.ts:2:59 invalid-value datastore 'retail/sales/x': 'changes' must be made by  cdc(), snapshot(), watermark('column') or output('zone/team/transformer') , and is 'cdc'.",
  },
  {
    name: 'has a name that no address can hold',
    text: `${word}export default datastore('retail/sales/x', { source: 'a', changes: { mode: 'cdc' }, datasets: {\n  Orders: table({}, { id: int32() }) } });\n`,
    finds: /^bad\.ts:3:3 invalid-name dataset 'retail\/sales\/x\.Orders': the name 'Orders' cannot be used/,
  },
  {
    name: 'is no address',
    text: `${word}export default datastore('orders', { source: 'a', changes: { mode: 'cdc' }, datasets: {} });\n`,
    finds: /invalid-value datastore 'orders': 'address' must be an address/,
  },
  {
    name: 'forges a noun',
    text: `export default { freehold: 'datastore', '@': '0:0' };\n`,
    finds: /^bad\.ts:1:1 not-plain-data '@' has a name that no member may have/,
  },
];

/** Each in a folder of its own, all in one model: what one does must not touch another. */
const files = Object.fromEntries(
  cases.flatMap(({ text, more = {} }, index) =>
    Object.entries({ ...more, 'bad.ts': text }).map(([file, content]) => [`c${index}/${file}`, content]),
  ),
);

describe('a bad file', async () => {
  const limits = { fuel: 500, memoryBytes: 32 << 20, wallMs: 300_000 };
  const { model, digest, findings } = await loaded({ ...mesh, ...files, 'z/good.ts': good }, limits);

  test.each(cases.map((one, index) => ({ ...one, index })))(
    'that $name costs a finding with its place',
    ({ finds, index }) => {
      const own = findings.filter((one) => one.at?.file.startsWith(`c${index}/`));
      const found = lines(own).map((line) => line.replaceAll(`c${index}/`, ''));
      const isFound = found.some((line) => (typeof finds === 'string' ? line === finds : finds.test(line)));
      expect(isFound, found.join('\n')).toBe(true);
    },
  );

  test('costs no other file anything', () => {
    expect(Object.keys(model?.datastores ?? {})).toEqual(['retail/sales/good']);
    expect(findings.filter((one) => !one.at?.file.startsWith('c'))).toEqual([]);
    expect(digest).toBe(null);
  });

  test('that native code holds for ever is killed from outside, and could not be judged', async () => {
    const text = `const a = Array.from({ length: 1e6 }, (_, i) => (i * 7919) % 1e6);\nfor (let i = 0; i < 1e6; i++) a.sort();\n`;
    const { model, findings } = await loaded(
      { ...mesh, 'bad.ts': text, 'good.ts': good },
      { wallMs: 5_000, fuel: 1e9 },
    );
    expect(lines(findings)).toEqual([
      "bad.ts:1:1 could-not-judge 'bad.ts' could not be judged: it ran longer than 5 s.",
    ]);
    expect(Object.keys(model?.datastores ?? {})).toEqual(['retail/sales/good']);
  });

  test('that is a symbolic link is not followed', async () => {
    const root = await mkdtemp(join(tmpdir(), 'freehold-load-'));
    try {
      await writeFile(join(root, 'mesh.ts'), mesh['mesh.ts']);
      await symlink('/etc', join(root, 'etc'));
      await symlink(join(root, 'mesh.ts'), join(root, 'copy.ts'));
      const { findings } = await loadModel(root);
      expect(findings.map((f) => [f.rule, f.at?.file])).toEqual([
        ['unreadable-file', 'copy.ts'],
        ['unreadable-file', 'etc'],
      ]);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });

  test('that differs from another in case alone is refused where machines tell them apart', async () => {
    const { findings } = await loaded({ ...mesh, 'a.ts': 'export const x = 1;', 'A.ts': 'export const x = 1;' });
    expect(findings.some((f) => f.rule === 'unreadable-file') || findings.length === 1).toBe(true);
  });

  test('that may not be read is refused, and so is a directory', async () => {
    const all = [
      { path: 'a', kind: 'closed' },
      { path: 'b.ts', kind: 'file' },
    ] as const;
    const { roots, findings } = await modelFilesIn(all, async () => ({ because: 'EACCES' }), 1000);
    expect(roots).toEqual({});
    expect(lines(findings)).toEqual([
      "a:1:1 unreadable-file the directory 'a' cannot be read.",
      "b.ts:1:1 unreadable-file 'b.ts' cannot be read (EACCES).",
    ]);
  });

  test('that is no UTF-8 is refused', async () => {
    const root = await mkdtemp(join(tmpdir(), 'freehold-load-'));
    try {
      await writeFile(join(root, 'mesh.ts'), mesh['mesh.ts']);
      await writeFile(join(root, 'bad.ts'), Buffer.from([0xff, 0xfe, 0x00]));
      expect(lines((await loadModel(root)).findings)).toEqual([
        "bad.ts:1:1 unreadable-file 'bad.ts' is no UTF-8 text, so it cannot be read.",
      ]);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
});
