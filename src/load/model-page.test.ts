import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import * as words from '../index.ts';
import { lines, loaded } from './testing/model.ts';

const page = await readFile(new URL('../../docs/model.md', import.meta.url), 'utf8');

test('the files of the page about the model are a sound model', async () => {
  const blocks = page.matchAll(/^```ts (\S+)\n(.*?)^```$/gms);
  const { digest, findings } = await loaded(
    Object.fromEntries([...blocks].map(([, file = '', text = '']) => [file, text])),
  );
  expect(lines(findings)).toEqual([]);
  expect(digest).not.toBe(null);
});

test('every word of the language is on the page about the model', () => {
  const text = page.replaceAll('`int8` to `int64`', '`int8` `int16` `int32` `int64`');
  expect(Object.keys(words).filter((word) => !new RegExp(`\\b${word}\\b`).test(text))).toEqual([]);
});
