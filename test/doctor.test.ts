import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import picocolors from 'picocolors';
import { afterAll, describe, expect, test } from 'vitest';
import { type DoctorOptions, doctorCommand } from '../src/cli/commands/doctor.ts';
import { statusOf } from '../src/cli/exit.ts';
import { ciFiles } from '../src/cli/init/ci.ts';
import type { Output } from '../src/cli/output.ts';
import type { Environment } from '../src/forge/occasion.ts';
import { gitHubStandIn } from '../src/forge/testing/github-stand-in.ts';
import { gitLabStandIn } from '../src/forge/testing/gitlab-stand-in.ts';
import { refusal } from '../src/forge/testing/stand-in.ts';

const schema = async (name: string) =>
  JSON.parse(await readFile(new URL(`../docs/schemas/${name}.schema.json`, import.meta.url), 'utf8'));
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
ajv.addSchema(await schema('findings'), 'findings.schema.json');
const isDocument = ajv.compile(await schema('doctor'));

async function asked(options: Partial<DoctorOptions>, environment: Environment, subject = 'ci') {
  const told: string[] = [];
  const documents: unknown[] = [];
  const output: Output = {
    json: false,
    color: picocolors.createColors(false),
    isColored: false,
    result: (text) => void told.push(text),
    document: (value) => void documents.push(JSON.parse(JSON.stringify(value))),
    note: (text) => void told.push(text),
    problem: (text) => void told.push(text),
  };
  try {
    const status = await doctorCommand(subject, { check: 'freehold', ...options }, output, environment);
    expect({ is: isDocument(documents[0]), errors: isDocument.errors }).toEqual({ is: true, errors: null });
    return { status, said: told.join('\n'), document: documents[0] };
  } catch (error) {
    return { status: statusOf(error).status, said: statusOf(error).message, document: null };
  }
}

describe('freehold doctor ci', async () => {
  const hub = await gitHubStandIn();
  const lab = await gitLabStandIn();
  afterAll(() => Promise.all([hub[Symbol.asyncDispose](), lab[Symbol.asyncDispose]()]));
  const onHub = { FREEHOLD_FORGE_TOKEN: hub.token };
  const hubOptions = { repository: 'github.com/acme/mesh', api: hub.root };
  const set = (path: string, body: unknown) => hub.answers.set(`/repositories/500/${path}`, body);
  const [workflow] = ciFiles('github', '1.0.0', '.');
  const checks = { strict: true, checks: [{ context: 'freehold', app_id: 15368 }] };
  set('branches/main/protection', { required_status_checks: checks, enforce_admins: { enabled: true } });
  set('rules/branches/main', [{ type: 'workflows', ruleset_id: 1 }]);
  set('contents/.github/workflows', [{ name: 'freehold.yml', path: '.github/workflows/freehold.yml', type: 'file' }]);
  set('contents/.github/workflows/freehold.yml', { encoding: 'base64', content: btoa(workflow?.text ?? '') });

  test('has nothing to say of a branch that requires the workflow that init writes', async () => {
    const { status, said, document } = await asked(hubOptions, onHub);
    expect([status, said]).toEqual([0, `ok  'freehold' is required on 'main' of ${hub.host}, and nothing is open`]);
    expect(document).toMatchObject({ forge: 'github', host: hub.host, branch: 'main', findings: [] });
  });

  test('ends with 1 where something is open, and says what to do', async () => {
    set('branches/main/protection', refusal(404, 'Branch not protected'));
    const { status, said } = await asked(hubOptions, onHub);
    expect([status, said]).toEqual([
      1,
      expect.stringMatching(/gate-not-required[\s\S]*help: Add a ruleset for 'main'/),
    ]);
  });

  test('ends with 3 where the forge does not say: a wrong token, one that may not, nobody there', async () => {
    const wrong = await asked(hubOptions, { GITHUB_TOKEN: 'nonsense' });
    expect([wrong.status, wrong.said]).toEqual([3, expect.stringMatching(/status 401/)]);
    expect(wrong.said).not.toContain('nonsense');
    set('branches/main/protection', refusal(403, 'Resource not accessible by integration'));
    expect((await asked(hubOptions, onHub)).status).toBe(3);
  });

  test('asks the forge of the run where it is one', async () => {
    const environment = {
      GITLAB_CI: 'true',
      CI_API_V4_URL: lab.api,
      CI_PROJECT_ID: '500',
      FREEHOLD_FORGE_TOKEN: lab.token,
    };
    const branch = { push_access_levels: [{ access_level: 0, deploy_key_id: null }], allow_force_push: false };
    lab.answers.set('/api/v4/projects/500/protected_branches/main', branch);
    const good = await asked({}, environment);
    expect([good.status, good.document]).toEqual([0, expect.objectContaining({ forge: 'gitlab', repository: '500' })]);
    const typed = { repository: 'gitlab.example/acme/mesh', api: lab.api };
    lab.answers.set('/api/v4/projects/acme%2Fmesh', lab.answers.get('/api/v4/projects/500'));
    expect((await asked(typed, environment)).status).toBe(0);
  });

  test.each<[string, Partial<DoctorOptions>, string, RegExp]>([
    ['another patient', {}, 'cold', /There is: {2}freehold doctor ci/],
    ['a repository without its host', { repository: 'mesh' }, 'ci', /--repository is a repository with its host/],
    [
      'a forge that we do not know',
      { repository: 'x.example/a/b', forge: 'sourcehut' },
      'ci',
      /--forge is github or gitlab/,
    ],
  ])('is used wrongly with %s', async (_, options, subject, said) => {
    const got = await asked(options, {}, subject);
    expect([got.status, got.said]).toEqual([2, expect.stringMatching(said)]);
  });
});
