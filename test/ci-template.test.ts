import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ciFiles } from '../src/cli/init/ci.ts';
import { gitLabStandIn } from '../src/forge/testing/gitlab-stand-in.ts';
import { testRepository, withoutGit } from '../src/git/testing/repository.ts';
import { company, wider } from './support/company.ts';
import { freehold } from './support/freehold.ts';

const scratch = mkdtempSync(join(tmpdir(), 'freehold-ci-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

/** The script of the template for GitLab, with the built program in place of the one that npm would fetch. */
function scriptFor(model: string): string {
  const [file] = ciFiles('gitlab', '1.2.3', model);
  const { script }: { readonly script: readonly string[] } = parse(file?.text ?? '').freehold;
  const install = 'npm install ';
  expect(script.filter((line) => line.startsWith(install))).toHaveLength(1);
  const bin = 'freehold/node_modules/.bin';
  const shim = `mkdir -p ${bin} && printf '#!/bin/sh\\nexec "${process.execPath}" "${program}" "$@"\\n' > ${bin}/freehold && chmod +x ${bin}/freehold`;
  return ['set -e', ...script.map((line) => (line.startsWith(install) ? shim : line))].join('\n');
}

describe.skipIf(withoutGit !== null)('the template for GitLab, its script run as it is', async () => {
  const lab = await gitLabStandIn();
  afterAll(() => lab[Symbol.asyncDispose]());

  test.each([
    ['at the top', '.'],
    ['in a folder', 'data/the mesh'],
    ['in a folder of an odd name', "a'b $HOME"],
  ])('judges a model %s of its repository, and says where in it a finding is', async (_, model) => {
    const below = model === '.' ? '' : `${model}/`;
    const files = Object.fromEntries(
      Object.entries(company(lab.host)).map(([path, text]) => [`${below}${path}`, text]),
    );
    const changed = Object.fromEntries(
      Object.entries(wider(company(lab.host))).map(([path, text]) => [`${below}${path}`, text]),
    );
    const source = testRepository();
    const base = source.commit(files);
    const head = source.branch('change', base, changed);
    source.git('update-ref', 'refs/merge-requests/7/head', head);
    source.git('checkout', '--quiet', 'main');
    lab.branch('main', base);

    const job = async (from: number) => {
      lab.request({ iid: 7, head, from });
      const at = mkdtempSync(join(scratch, 'job-'));
      const status = await bash(scriptFor(model), at, {
        CI_SERVER_PROTOCOL: 'https',
        CI_JOB_TOKEN: 'secret',
        CI_SERVER_FQDN: 'gitlab.example',
        CI_PROJECT_PATH: 'acme/mesh',
        CI_DEFAULT_BRANCH: 'main',
        CI_MERGE_REQUEST_IID: '7',
        CI_MERGE_REQUEST_REF_PATH: 'refs/merge-requests/7/head',
        BASE: 'base',
        GITLAB_CI: 'true',
        CI_API_V4_URL: lab.api,
        CI_PROJECT_ID: '500',
        FREEHOLD_FORGE_TOKEN: lab.token,
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: `url.${source.root}.insteadOf`,
        GIT_CONFIG_VALUE_0: 'https://gitlab-ci-token:secret@gitlab.example/acme/mesh.git',
      });
      const report: readonly { readonly check_name: string; readonly location: { readonly path: string } }[] =
        JSON.parse(readFileSync(join(at, 'freehold.json'), 'utf8'));
      return { status, report: report.map(({ check_name, location }) => `${check_name} ${location.path}`) };
    };
    expect(await job(48213)).toEqual({ status: 0, report: [] });
    expect(await job(50001)).toEqual({
      status: 1,
      report: [`not-the-owner ${below}retail/sales/orders.ts`],
    });
  });
});

describe('init in a folder of a repository', () => {
  test('puts the files for CI at its top, and in them where the model is', async () => {
    const top = mkdtempSync(join(scratch, 'repository-'));
    mkdirSync(join(top, '.git'));
    chmodSync(scratch, 0o755);
    const { status, out, err } = await freehold(['init', 'data/shop'], top);
    expect({ status, err }).toEqual({ status: 0, err: expect.stringContaining('top of the repository') });
    expect(out).toContain('../../.github/workflows/freehold.yml');
    const workflow = parse(readFileSync(join(top, '.github/workflows/freehold.yml'), 'utf8'));
    expect(workflow.jobs.freehold.steps.at(-1).env.MODEL).toBe('data/shop');
    expect(readFileSync(join(top, '.gitlab/freehold.gitlab-ci.yml'), 'utf8')).toContain("model='data/shop'");
    // What stands there already is kept.
    writeFileSync(join(top, '.github/workflows/freehold.yml'), 'mine');
    const again = await freehold(['init', 'data/other'], top);
    expect([again.status, again.err]).toEqual([
      0,
      expect.stringContaining('kept ../../.github/workflows/freehold.yml'),
    ]);
    expect(readFileSync(join(top, '.github/workflows/freehold.yml'), 'utf8')).toBe('mine');
    // What is kept is not told of as written.
    expect(again.out).not.toContain('freehold.yml');
    expect(again.out).toContain('mesh.ts');
  });

  test('init of a model that is there, with a forge named, writes the files of that forge and nothing else', async () => {
    const root = mkdtempSync(join(scratch, 'there-'));
    expect((await freehold(['init', 'mine', '--ci', 'none'], root)).status).toBe(0);
    const plain = await freehold(['init', 'mine'], root);
    expect([plain.status, plain.err]).toEqual([2, expect.stringContaining('freehold init mine --ci github')]);
    const { status, out } = await freehold(['init', 'mine', '--ci', 'github', '--json'], root);
    expect([status, JSON.parse(out).files]).toEqual([0, ['.github/workflows/freehold.yml']]);
    const again = await freehold(['init', 'mine', '--ci', 'github', '--json'], root);
    expect([again.status, JSON.parse(again.out).files]).toEqual([0, []]);
  });
});

/** The exit status. */
function bash(script: string, at: string, environment: Readonly<Record<string, string>>): Promise<number> {
  const env = { PATH: process.env.PATH, HOME: at, GIT_CONFIG_NOSYSTEM: '1', ...environment };
  return new Promise((resolve, reject) => {
    execFile('bash', ['-c', script], { cwd: at, env }, (error, out, err) => {
      const status = error === null ? 0 : error.code;
      if (typeof status === 'number' && status < 2) resolve(status);
      else reject(new Error(`${out}\n${err}`, { cause: error }));
    });
  });
}
