import { expect, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { makeBells } from './bells.ts';

const never = new AbortController().signal;

test('a ring wakes whoever waits for that name', async () => {
  const bells = makeBells(systemClock);
  const woken: string[] = [];
  const a = bells.wait('a', 60_000, never).then(() => woken.push('a'));
  const b = bells.wait('b', 60_000, never).then(() => woken.push('b'));
  bells.ring('a');
  await a;
  expect(woken).toEqual(['a']);
  bells.ring('b');
  await b;
});

test('a ring that nobody heard ends the next wait at once', async () => {
  const bells = makeBells(systemClock);
  bells.ring('a');
  await bells.wait('a', 60_000, never);
});

test('an abort ends a wait', async () => {
  const stop = new AbortController();
  const waiting = makeBells(systemClock).wait('a', 60_000, stop.signal);
  stop.abort();
  await waiting;
});
