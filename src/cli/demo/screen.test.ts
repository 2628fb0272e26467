import { expect, test } from 'vitest';
import { type Scene, sceneLines } from './screen.ts';

const plain = { dim: (t: string) => t, green: (t: string) => t, yellow: (t: string) => t, bold: (t: string) => t };

const scene: Scene = {
  title: 'Freehold demo',
  elapsedMs: 83_000,
  streams: [
    {
      address: 'retail/sales/orders',
      mode: 'cdc',
      ordinal: 1234n,
      rows: 61_222,
      rowsPerSecond: 47.6,
      freshMs: 312,
      promisedMs: 10_000,
    },
    {
      address: 'retail/sales/countries',
      mode: 'snapshot',
      ordinal: 1n,
      rows: 249,
      rowsPerSecond: 0,
      freshMs: 61_000,
      promisedMs: 60_000,
    },
  ],
  groups: [{ address: 'retail/insight/reporting.live', engine: 'postgres replica', freshMs: null, promisedMs: 10_000 }],
  problem: null,
  hints: [{ command: 'freehold status', why: 'what runs, and how fresh it is' }],
};

test('the screen shows each stream and group with its freshness against its promise', () => {
  expect(sceneLines(scene, 100, plain).join('\n')).toBe(`Freehold demo  1 m

stream                          rows moved  rows/s   ordinal   fresh promise
retail/sales/orders                 61,222      48     1,234   0.3 s    10 s ok
retail/sales/countries                 249       0         1     1 m     1 m late

served to                      on                              fresh promise
retail/insight/reporting.live  postgres replica                    -    10 s loading

In another terminal:
  freehold status
    what runs, and how fresh it is

Ctrl-C stops what was started here, and nothing else.`);
});

test('no line of a stream or group is wider than a narrow terminal', () => {
  const lines = sceneLines(scene, 80, plain);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});
