import { expect, test } from 'vitest';
import { printGitlab } from './print-gitlab.ts';
import {
  checked,
  hostileFinding,
  nothingInside,
  old,
  reviewed,
  setting,
  tamed,
  unknownKey,
} from './testing/samples.ts';

test('an error is a blocker, a warning is minor, and what has no place is shown at the mesh', () => {
  expect(JSON.parse(printGitlab(checked, setting))).toEqual([
    {
      description:
        "the key of dataset 'orders' names a column 'idd' that it does not have. Name one of its columns. Did you mean 'id'?",
      check_name: 'unknown-key-column',
      fingerprint: unknownKey.digest,
      severity: 'blocker',
      location: { path: 'model/retail/orders.ts', lines: { begin: 3 } },
    },
    {
      description: 'the mesh lists no zone. Add one.',
      check_name: 'nothing-inside',
      fingerprint: nothingInside.digest,
      severity: 'minor',
      location: { path: 'model/mesh.ts', lines: { begin: 1 } },
    },
  ]);
});

test('what was there before a change is information', () => {
  const [, before] = JSON.parse(printGitlab(reviewed, setting));
  expect(before).toMatchObject({ fingerprint: old.digest, severity: 'info' });
});

test('hostile text is shown as escapes, and leads nowhere', () => {
  const [issue] = JSON.parse(printGitlab({ verb: 'check', findings: [hostileFinding], inherited: null }, setting));
  expect(issue.description).toBe(`${tamed} ${tamed}`);
  const outside = { ...unknownKey, at: { file: '../../etc/passwd', line: 7, column: 1 } };
  const [there] = JSON.parse(printGitlab({ verb: 'check', findings: [outside], inherited: null }, setting));
  expect(there.location).toEqual({ path: 'model/mesh.ts', lines: { begin: 1 } });
});
