import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { finding } from '../findings/make.ts';
import { findingsDocument } from '../findings/print-json.ts';
import { sarifErrors } from '../findings/testing/sarif.ts';
import type { Format } from './format.ts';
import type { Output } from './output.ts';
import { tellAs } from './tell-as.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'freehold-formats-'));
  mkdirSync(join(root, '.git'));
  vi.stubEnv('GITHUB_STEP_SUMMARY', undefined);
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

const at = { file: 'retail/orders.ts', line: 1, column: 1 };
const findings = [finding({ rule: 'keyless-dataset', message: 'm', help: 'h', at })];

async function told(format: Format, options: { output?: string; json?: boolean } = {}): Promise<string> {
  const written: string[] = [];
  const output: Output = {
    json: options.json === true,
    color: pc.createColors(false),
    isColored: false,
    result: (text) => options.json === true || written.push(text),
    document: (value) => options.json !== true || written.push(JSON.stringify(value)),
    note: (text) => written.push(`note ${text}`),
    problem: (text) => written.push(`problem ${text}`),
  };
  const model = { root: join(root, 'model'), source: () => 'text of the file' };
  const document = findingsDocument(findings, null);
  await tellAs(format, { verb: 'check', findings, inherited: null, document, ...model }, options, output);
  return written.join('\n');
}

test('a file is named as the repository sees it, and a rule brings its page', async () => {
  const log = JSON.parse(await told('sarif'));
  expect(sarifErrors(log)).toEqual([]);
  expect(log.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri).toBe('model/retail/orders.ts');
  expect(log.runs[0].tool.driver.rules[0].help.markdown).toMatch(/^# Keyless dataset\n/);
});

test('with a file the form goes there, and people read text', async () => {
  const file = join(root, 'out.xml');
  expect(await told('junit', { output: file })).toMatch(
    /^error keyless-dataset {2}m\n {2}--> retail\/orders\.ts:1:1\n/,
  );
  expect(readFileSync(file, 'utf8')).toMatch(/^<\?xml /);
});

test('a job of GitHub gets its summary too', async () => {
  const summary = join(root, 'summary.md');
  vi.stubEnv('GITHUB_STEP_SUMMARY', summary);
  expect(await told('github')).toMatch(/^::error file=model\/retail\/orders\.ts,line=1,col=1,title=keyless-dataset::/);
  expect(readFileSync(summary, 'utf8')).toMatch(/^### freehold check: 1 error, 0 warnings\n/);
  vi.stubEnv('GITHUB_STEP_SUMMARY', join(root, 'nowhere', 'summary.md'));
  expect(await told('github')).toContain('note The summary of the job could not be written');
});

test('two documents on one output are refused, and so is a file that cannot be written', async () => {
  await expect(told('sarif', { json: true })).rejects.toThrow('Add  --output FILE');
  await expect(told('sarif', { output: join(root, 'nowhere', 'x') })).rejects.toThrow('cannot be written (ENOENT)');
  const file = join(root, 'x');
  expect(JSON.parse(await told('sarif', { json: true, output: file }))).toMatchObject({ counts: { errors: 1 } });
});

test.each(['text', 'json', 'gitlab', 'markdown'] as const)('%s is told as well', async (format) => {
  expect(await told(format)).toContain('keyless-dataset');
});
