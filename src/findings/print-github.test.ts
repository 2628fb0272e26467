import { expect, test } from 'vitest';
import { finding } from './make.ts';
import { printGithub } from './print-github.ts';
import { checked, hostileFinding, setting } from './testing/samples.ts';

const check = (findings: Parameters<typeof finding>[0][]) =>
  ({ verb: 'check', findings: findings.map((draft) => finding(draft)), inherited: null }) as const;

test('each finding is an annotation at its line, and the log stands where no command is obeyed', () => {
  const lines = printGithub(checked, setting, 'the log\n').split('\n');
  const token = lines[2]?.replace('::stop-commands::', '') ?? '';
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  expect(lines).toEqual([
    "::error file=model/retail/orders.ts,line=3,col=10,title=unknown-key-column%3A retail/sales/orders.orders::the key of dataset 'orders' names a column 'idd' that it does not have.%0AName one of its columns. Did you mean 'id'?%0AOwner: github acme/sales-data",
    '::warning title=nothing-inside::the mesh lists no zone.%0AAdd one.',
    `::stop-commands::${token}`,
    'the log',
    `::${token}::`,
    '',
  ]);
});

test('what would end a property or a command is written as the runner reads it back', () => {
  const at = { file: 'a,b:c%d.ts', line: 1, column: 1 };
  const [command] = printGithub(check([{ rule: 'r', message: '50% ::x, y', help: 'h', at }]), setting, '').split('\n');
  expect(command).toBe('::error file=model/a%2Cb%3Ac%25d.ts,line=1,col=1,title=r::50%25 ::x, y%0Ah');
});

test('ten errors and ten warnings are annotated, which is what GitHub shows', () => {
  const drafts = (severity: 'error' | 'warning') =>
    Array.from({ length: 12 }, (_, i) => ({ rule: 'r', severity, message: `m${i}`, help: 'h' }));
  const text = printGithub(check([...drafts('warning'), ...drafts('error')]), setting, '');
  expect(text.match(/^::error /gm)).toHaveLength(10);
  expect(text.match(/^::warning /gm)).toHaveLength(10);
});

test('hostile text commands nothing: every line that begins with a command is ours', () => {
  const text = printGithub({ verb: 'check', findings: [hostileFinding], inherited: null }, setting, 'log\n');
  const lines = text.split('\n');
  expect(lines.map((line) => /^::\w*/.exec(line)?.[0] ?? line)).toEqual([
    '::error',
    '::stop',
    'log',
    expect.any(String),
    '',
  ]);
  expect(text).not.toContain('##[');
  expect(text).toMatch(/^[\n\x20-\x7e]*$/);
});

test('a log that knows the token of another cannot end its pause', () => {
  const token = (text: string) => /^::stop-commands::(\w+)$/m.exec(text)?.[1] ?? '';
  const first = token(printGithub(checked, setting, 'log\n'));
  const second = printGithub(checked, setting, `::${first}::\n::add-mask::x\n`);
  expect(token(second)).not.toBe(first);
});
