import { expect, test } from 'vitest';
import { printJunit } from './print-junit.ts';
import {
  checked,
  clean,
  hostileFinding,
  nothingInside,
  reviewed,
  setting,
  tamed,
  unknownKey,
} from './testing/samples.ts';
import { xmlElements } from './testing/xml.ts';

test('an error is a test that failed, and a warning one that passed and says something', () => {
  expect(printJunit(checked, setting)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="freehold check" tests="2" failures="1" errors="0" skipped="0">
<testsuite name="freehold check" tests="2" failures="1" errors="0" skipped="0">
<testcase classname="unknown-key-column" name="unknown-key-column retail/sales/orders.orders (${unknownKey.id})" file="model/retail/orders.ts" line="3"><failure type="unknown-key-column" message="the key of dataset &apos;orders&apos; names a column &apos;idd&apos; that it does not have.">the key of dataset &apos;orders&apos; names a column &apos;idd&apos; that it does not have.
Name one of its columns. Did you mean &apos;id&apos;?
at: model/retail/orders.ts:3:10
owner: github acme/sales-data</failure></testcase>
<testcase classname="nothing-inside" name="nothing-inside (${nothingInside.id})"><system-out>the mesh lists no zone.
Add one.</system-out></testcase>
</testsuite>
</testsuites>
`);
});

test('what was there before a change is skipped, and says since when', () => {
  const elements = xmlElements(printJunit(reviewed, setting));
  expect(elements.at(-1)?.attributes).toMatchObject({ tests: '2', failures: '1', skipped: '1' });
  expect(elements.find(({ name }) => name === 'system-out')?.text).toContain(
    'since: 2026-01-31T09:00:00Z by Ana, commit 0123456789',
  );
});

test('a report without findings has a test that passes', () => {
  expect(xmlElements(printJunit(clean, setting)).map(({ name, attributes }) => [name, attributes.name])).toEqual([
    ['testcase', 'no findings'],
    ['testsuite', 'freehold review'],
    ['testsuites', 'freehold review'],
  ]);
});

test('hostile text stays the text of its element, characters that XML cannot hold as escapes', () => {
  const [failure] = xmlElements(printJunit({ verb: 'check', findings: [hostileFinding], inherited: null }, setting));
  expect(failure).toMatchObject({ name: 'failure', attributes: { type: 'r', message: tamed } });
  expect(failure?.text).toContain(`${tamed}\n${tamed}\nowner: ${tamed}`);
});
