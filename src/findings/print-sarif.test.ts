import { expect, test } from 'vitest';
import { printSarif } from './print-sarif.ts';
import {
  checked,
  clean,
  hostileFinding,
  nothingInside,
  old,
  reviewed,
  setting,
  unknownKey,
} from './testing/samples.ts';
import { sarifErrors } from './testing/sarif.ts';

test('a log holds every finding with its rule, place, other places and a fingerprint', () => {
  const log = JSON.parse(printSarif(checked, setting));
  expect(sarifErrors(log)).toEqual([]);
  const [run] = log.runs;
  expect(run.tool.driver).toEqual({
    name: 'freehold',
    version: '1.2.3',
    rules: [
      { id: 'nothing-inside' },
      {
        id: 'unknown-key-column',
        shortDescription: { text: 'A key names what is not there.' },
        help: {
          text: 'freehold explain unknown-key-column',
          markdown: '# Unknown key column\n\n**What.** A key names what is not there.\n',
        },
      },
    ],
  });
  expect(run.columnKind).toBe('utf16CodeUnits');
  expect(run.results).toEqual([
    {
      ruleId: 'unknown-key-column',
      ruleIndex: 1,
      level: 'error',
      message: {
        text: "the key of dataset 'orders' names a column 'idd' that it does not have. Name one of its columns. Did you mean 'id'?",
      },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'model/retail/orders.ts', uriBaseId: '%SRCROOT%' },
            region: { startLine: 3, startColumn: 10 },
          },
          logicalLocations: [{ fullyQualifiedName: 'retail/sales/orders.orders' }],
        },
      ],
      relatedLocations: [
        {
          id: 0,
          message: { text: "column 'id' stands here" },
          physicalLocation: {
            artifactLocation: { uri: 'model/retail/orders.ts', uriBaseId: '%SRCROOT%' },
            region: { startLine: 4, startColumn: 5 },
          },
        },
      ],
      partialFingerprints: { 'freehold/v1': unknownKey.digest },
      properties: { id: unknownKey.id, owner: 'github acme/sales-data' },
    },
    {
      ruleId: 'nothing-inside',
      ruleIndex: 0,
      level: 'warning',
      message: { text: 'the mesh lists no zone. Add one.' },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'model/mesh.ts', uriBaseId: '%SRCROOT%' },
            region: { startLine: 1, startColumn: 1 },
          },
        },
      ],
      partialFingerprints: { 'freehold/v1': nothingInside.digest },
      properties: { id: nothingInside.id },
    },
  ]);
});

test('what was there before a change is unchanged and suppressed, what is new is neither', () => {
  const log = JSON.parse(printSarif(reviewed, setting));
  expect(sarifErrors(log)).toEqual([]);
  const [now, before] = log.runs[0].results;
  expect(now).toMatchObject({ baselineState: 'new', suppressions: [] });
  expect(before).toMatchObject({
    partialFingerprints: { 'freehold/v1': old.digest },
    baselineState: 'unchanged',
    suppressions: [
      {
        kind: 'external',
        status: 'accepted',
        justification: 'It was so before this change; its owner is github acme/sales-data.',
      },
    ],
    properties: { commit: '0123456789abcdef0123456789abcdef01234567', author: 'Ana', since: '2026-01-31T09:00:00Z' },
  });
});

test('a log without findings is whole as well', () => {
  const log = JSON.parse(printSarif(clean, setting));
  expect(sarifErrors(log)).toEqual([]);
  expect(log.runs[0].results).toEqual([]);
});

test('hostile text makes no link, no placeholder, and no path out of the tree', () => {
  const text = printSarif({ verb: 'check', findings: [hostileFinding], inherited: null }, setting);
  const log = JSON.parse(text);
  expect(sarifErrors(log)).toEqual([]);
  const [result] = log.runs[0].results;
  expect(result.message.text).toContain('[k]\\u0028http://l.example)');
  expect(result.message.text).toContain('\\u007b0}');
  expect(result.relatedLocations).toBeUndefined();
  // A slash in a name of a file is one of its path; all else is encoded.
  expect(result.locations[0].physicalLocation.artifactLocation.uri).toBe('model/mesh.ts');
  expect(text).toMatch(/^[\n\x20-\x7e]*$/);
});

test('a name of a file is no scheme, query or fragment', () => {
  const odd = { ...unknownKey, at: { file: 'ab:c?d#e %20/é.ts', line: 1, column: 1 } };
  const [run] = JSON.parse(printSarif({ verb: 'check', findings: [odd], inherited: null }, setting)).runs;
  expect(run.results[0].locations[0].physicalLocation.artifactLocation.uri).toBe(
    'model/ab%3Ac%3Fd%23e%20%2520/%C3%A9.ts',
  );
});
