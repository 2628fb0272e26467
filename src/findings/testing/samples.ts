import { finding } from '../make.ts';
import type { Outcome, Setting } from '../outcome.ts';

/** Text that tries to leave whatever it is printed in. */
export const hostile =
  'a\u001b[2Jb\r\n::error::c ##[add-mask]d \u202e\u200b @octocat #1 <img src=x> ![i](j) [k](http://l.example) `m` ``n | o % {0} ]]> & " \' \u0000\ufffe\ud800';

/** The same, as harmless text. */
export const tamed =
  'a\\u001b[2Jb\\r\\n::error::c ##\\u005badd-mask]d \\u202e\\u200b @octocat #1 <img src=x> ![i](j) [k](http://l.example) `m` ``n | o % {0} ]]> & " \' \\u0000\\ufffe\\ud800';

export const unknownKey = finding({
  rule: 'unknown-key-column',
  address: 'retail/sales/orders.orders',
  message: "the key of dataset 'orders' names a column 'idd' that it does not have.",
  help: "Name one of its columns. Did you mean 'id'?",
  at: { file: 'retail/orders.ts', line: 3, column: 10 },
  related: [
    { message: "column 'id' stands here", at: { file: 'retail/orders.ts', line: 4, column: 5 } },
    { message: 'and somewhere', at: null },
  ],
  owner: 'github acme/sales-data',
});

export const nothingInside = finding({
  rule: 'nothing-inside',
  severity: 'warning',
  message: 'the mesh lists no zone.',
  help: 'Add one.',
});

export const old = finding({
  rule: 'keyless-dataset',
  address: 'retail/sales/orders.log',
  message: "dataset 'log' has no key.",
  help: "Add  key: ['id'].",
  at: { file: 'retail/orders.ts', line: 2, column: 1 },
  owner: 'github acme/sales-data',
  blame: { commit: '0123456789abcdef0123456789abcdef01234567', author: 'Ana', at: '2026-01-31T09:00:00Z' },
});

export const hostileFinding = finding({
  rule: 'r',
  address: hostile,
  message: hostile,
  help: hostile,
  at: { file: `${hostile}.ts`, line: 1, column: 2 },
  related: [{ message: hostile, at: { file: '../../etc/passwd', line: 1, column: 1 } }],
  owner: hostile,
  blame: { commit: hostile, author: hostile, at: hostile },
});

export const checked: Outcome = { verb: 'check', findings: [nothingInside, unknownKey], inherited: null };
export const reviewed: Outcome = { verb: 'review', findings: [unknownKey], inherited: [old] };
export const clean: Outcome = { verb: 'review', findings: [], inherited: [] };

const text = [
  "export default datastore('retail/sales/orders', {",
  '  datasets: {',
  "    orders: table({ key: ['idd'] }),",
];

export const setting: Setting = {
  prefix: 'model/',
  version: '1.2.3',
  page: (rule) =>
    rule === 'unknown-key-column' ? '# Unknown key column\n\n**What.** A key names what is not there.\n' : null,
  source: (file) => (file === 'retail/orders.ts' ? text.join('\n') : null),
};
