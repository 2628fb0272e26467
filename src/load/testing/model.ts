import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import type { Finding } from '../../findings/finding.ts';
import type { Limits } from '../limits.ts';
import { type Loaded, loadModel } from '../load.ts';
import { keptJudges } from '../sandbox/judge.ts';

/** One for all the models of a test file. */
export const judges = keptJudges();
afterAll(() => judges[Symbol.asyncDispose]());

/** Loads a model of these files, written to a directory that is removed after. */
export async function loaded(files: Readonly<Record<string, string>>, limits: Partial<Limits> = {}): Promise<Loaded> {
  const root = await mkdtemp(join(tmpdir(), 'freehold-load-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    return await loadModel(root, { limits, judges });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** `file:line:column rule message`, in reading order. */
export function lines(findings: readonly Finding[]): string[] {
  return findings.map(
    ({ at, rule, message }) => `${at === null ? '-' : `${at.file}:${at.line}:${at.column}`} ${rule} ${message}`,
  );
}

/** The smallest sound model: a mesh with one zone and one team, and what is given. */
export const mesh = {
  'mesh.ts': `import { approvers, mesh, user, zone } from 'freehold';
const ana = approvers([user(11)]);
export default mesh('acme', { language: 1, owner: ana, zones: { retail: ana }, environments: { local: ana } });
export const retail = zone('retail', { teams: { sales: { owner: ana }, insight: { owner: ana } } });
`,
};
