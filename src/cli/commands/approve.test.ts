import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import pc from 'picocolors';
import { afterAll, describe, expect, test } from 'vitest';
import { loaded, mesh } from '../../load/testing/model.ts';
import type { Break } from '../../review/break.ts';
import { consented } from '../../review/consents.ts';
import type { Proposal } from '../../review/proposal.ts';
import { address, keys, type Listed, lengthModel, narrowing } from '../../review/testing/narrowing.ts';
import { approvedBy, propose } from '../../review/testing/propose.ts';
import type { Output } from '../output.ts';
import { localKeys, sshSign } from '../sign.ts';
import { type ApproveOptions, approveCommand, type Reviews } from './approve.ts';

const root = mkdtempSync(join(tmpdir(), 'freehold-approve-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const schemaOf = async (name: string) =>
  JSON.parse(await readFile(new URL(`../../../docs/schemas/${name}.schema.json`, import.meta.url), 'utf8'));
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
ajv.addSchema(await schemaOf('consent'), 'consent.schema.json');
const isInSchema = ajv.compile(await schemaOf('approve'));

const unsigned = proposalOf({});
const one = narrowing(unsigned);
const id = one.finding.id;

describe('what is refused before anything is signed', () => {
  test.each([
    ['0000000000', {}, `There is no breaking change 0000000000. There is ${id} (column-narrowed of ${address}).`],
    [id, { party: 'retail/sales' }, `${id} needs the consent of 'retail', 'retail/insight', not of 'retail/sales'.`],
    [
      id,
      { key: 'nowhere' },
      `${id} needs the consent of 'retail', 'retail/insight'. Say whose word this is:  --party retail`,
    ],
    [id, { until: '2026-02-30' }, "--until is the last day on which it counts, such as 2026-12-31, not '2026-02-30'."],
    [id, { until: '2020-01-01' }, '--until 2020-01-01 is over: such a consent would never count.'],
  ])('%s %o', async (finding, options, message) => {
    await expect(approved(options, unsigned, finding)).rejects.toThrow(message);
  });

  test('a finding that no consent helps with', async () => {
    const verdict = { ...verdictOf(unsigned), findings: [{ ...one.finding, id: 'aaaaaaaaaa' }] };
    const reviewed: Reviews = (use) => use({ verdict, breaks: [], proposal: unsigned });
    const { output } = outputOf();
    await expect(approveCommand('aaaaaaaaaa', {}, reviewed, output)).rejects.toThrow(
      'Finding aaaaaaaaaa is none that a consent helps with. Do what it says.',
    );
    await expect(approveCommand(id, {}, reviewed, output)).rejects.toThrow(
      `There is no finding ${id}: the change breaks nothing that anyone could consent to.`,
    );
  });
});

test('an entry is printed as a noun that loads, and writes nothing', async () => {
  const reason = "they said 'yes' \u202e\n";
  const { document, result } = await approved({ entry: true, party: 'retail/insight', reason }, unsigned);
  expect(result).not.toMatch(/[\u202e]/);
  const { model, findings } = await loaded({ ...mesh, 'consents/x.ts': result });
  expect(findings).toEqual([]);
  const [entry] = Object.values(model?.consents ?? {});
  expect(entry).toEqual({ name: entry?.name, ...document.statement });
  expect(entry).toMatchObject({ party: 'retail/insight', reason, before: one.before, after: one.after });
});

const hasProgram = spawnSync('ssh-keygen', ['-?']).error === undefined;
if (!hasProgram) console.log('skipped: signing, since this machine has no ssh-keygen');

describe.skipIf(!hasProgram)('with ssh-keygen', () => {
  const made = (name: string, passphrase = '') => {
    const file = join(root, name);
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'ana@laptop', '-f', file]);
    chmodSync(file, 0o600);
    return { file, key: readFileSync(`${file}.pub`, 'utf8').trim().split(' ').slice(0, 2).join(' ') };
  };

  test('the consent that it writes is the one that the review asks for, once each party has given it', async () => {
    const zone = made('zone');
    const team = made('team');
    const listed = { retail: [{ key: zone.key }], insight: [{ key: team.key }] };
    const proposal = proposalOf(listed);
    const dir = mkdtempSync(join(root, 'model-'));
    // The key says whose word it is, where base lists it for one party alone.
    const first = await approved({ dir, key: zone.file, reason: 'agreed' }, proposal);
    const second = await approved({ dir, key: team.file, party: 'retail/insight', until: '2999-12-31' }, proposal);
    expect([first.document.statement.party, second.document.statement.party]).toEqual(['retail', 'retail/insight']);
    expect(first.document.key).toBe(
      spawnSync('ssh-keygen', ['-l', '-f', zone.file], { encoding: 'utf8' }).stdout.split(' ')[1],
    );
    const signed = Object.fromEntries(
      [first, second].map(({ document }) => [
        document.file ?? '',
        readFileSync(join(dir, document.file ?? ''), 'utf8'),
      ]),
    );
    const head = { ...proposal.head, signed };
    const judged = consented([narrowing(proposal)], { ...proposal, head }, Date.now());
    expect(judged).toEqual({ findings: [], consents: Object.keys(signed).sort() });
    expect(JSON.stringify([first, second])).not.toContain('PRIVATE');
  });

  test('a key that base does not list signs nothing', async () => {
    const stranger = made('stranger');
    const dir = mkdtempSync(join(root, 'model-'));
    await expect(approved({ dir, key: stranger.file, party: 'retail' }, unsigned)).rejects.toThrow(
      /^Base does not list key SHA256:\S+ as a signer of 'retail' today/,
    );
    expect(existsSync(join(dir, 'consents'))).toBe(false);
  });

  test('a file that is no key is told, with what ssh-keygen says', async () => {
    const file = join(root, 'no-key');
    writeFileSync(file, 'nothing');
    await expect(approved({ key: file, party: 'retail' }, unsigned)).rejects.toThrow(
      'ssh-keygen did not sign (status 255)',
    );
  });

  test('keys of ~/.ssh are found by their public halves', async () => {
    const home = mkdtempSync(join(root, 'home-'));
    spawnSync('mkdir', [join(home, '.ssh')]);
    writeFileSync(join(home, '.ssh', 'id_ed25519.pub'), `${keys.retail.key} ana\n`);
    writeFileSync(join(home, '.ssh', 'empty.pub'), '');
    expect((await localKeys(home)).filter(({ file }) => file !== null)).toEqual([
      { key: `${keys.retail.key} ana\n`, file: join(home, '.ssh', 'id_ed25519.pub') },
    ]);
  });

  test('an agent signs with a key of which no file is there', async () => {
    const agent = spawnSync('ssh-agent', ['-s', '-a', join(root, 'agent')], { encoding: 'utf8' });
    if (agent.error !== undefined) {
      console.log('skipped: this machine has no ssh-agent');
      return;
    }
    const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(agent.stdout)?.[1]);
    process.env.SSH_AUTH_SOCK = join(root, 'agent');
    try {
      const { file, key } = made('held');
      spawnSync('ssh-add', ['-q', file]);
      rmSync(file);
      rmSync(`${file}.pub`);
      const held = (await localKeys(join(root, 'no-home'))).find((each) => each.key.startsWith(key));
      expect(held?.file).toBeNull();
      expect(await sshSign('text', { key, file: null }, 'freehold-consent')).toContain('BEGIN SSH SIGNATURE');
    } finally {
      process.kill(pid);
      delete process.env.SSH_AUTH_SOCK;
    }
  });
});

type Document = { file: string | null; key: string | null; entry: string | null; statement: Record<string, unknown> };

/** The command, and what it printed; its document is what the schema says. */
async function approved(options: ApproveOptions, proposal: Proposal, finding = id) {
  const { output, told } = outputOf();
  const breaks: Break[] = [narrowing(proposal)];
  const status = await approveCommand(
    finding,
    options,
    (use) => use({ verdict: verdictOf(proposal), breaks, proposal }),
    output,
  );
  expect(status).toBe(0);
  expect({ is: isInSchema(told.document), errors: isInSchema.errors }).toEqual({ is: true, errors: null });
  const document: Document = JSON.parse(JSON.stringify(told.document));
  return { document, result: told.result };
}

function outputOf(): { output: Output; told: { document: unknown; result: string } } {
  const told: { document: unknown; result: string } = { document: null, result: '' };
  const output: Output = {
    json: true,
    color: pc.createColors(false),
    isColored: false,
    result: (text) => {
      told.result = text;
    },
    document: (value) => {
      told.document = value;
    },
    note: () => undefined,
    problem: () => undefined,
  };
  return { output, told };
}

function proposalOf(listed: Listed): Proposal {
  return propose(lengthModel(40, listed), lengthModel(20, listed), approvedBy());
}

function verdictOf({ origin }: Proposal) {
  return {
    verdict: 'blocked',
    phase: 3,
    asOfMs: 0,
    origin,
    changes: [],
    findings: [one.finding],
    inherited: [],
    consents: [],
  } as const;
}
