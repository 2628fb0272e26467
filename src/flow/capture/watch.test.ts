import { expect, test } from 'vitest';
import { type Seen, watchStreams } from './watch.ts';

/** Minute by minute: where the log ends, and the one stream. */
function watched(minutes: readonly (readonly [end: string, seen: Seen])[]) {
  const watch = watchStreams(300_000);
  return minutes.map(([end, seen], minute) =>
    watch.look(end, minute * 60_000, [seen]).map(({ sinceMs, isUnread }) => [sinceMs / 60_000, isUnread]),
  );
}

const at = (held: string, reached = held, isBusy = false): Seen => ({ held, reached, isBusy });
const found = [[0, true]];

test('a stream that stays where it is while the log goes on has failed after the patience, not before', () => {
  const log = ['B', 'C', 'D', 'E', 'F', 'G', 'H'];
  expect(watched(log.map((end) => [end, at('A')]))).toEqual([[], [], [], [], [], found, found]);
});

test('a stream that follows, however slowly, or has nothing to follow, is none', () => {
  const log = ['B', 'C', 'D', 'E', 'F', 'G', 'H'];
  expect(watched(log.map((end, i) => [end, at(`A${i}`)])).flat()).toEqual([]);
  expect(watched(log.map(() => ['B', at('B')])).flat()).toEqual([]);
});

test('one that is at a batch all the while is told from one to which nothing comes', () => {
  const log = ['B', 'C', 'D', 'E', 'F', 'G'];
  expect(watched(log.map((end) => [end, at('A', 'A', true)])).at(-1)).toEqual([[0, false]]);
  expect(watched(log.map((end) => [end, at('A', end)])).flat()).toEqual([]);
});

test('one that moved at last is measured anew', () => {
  const log = ['B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L'];
  expect(watched(log.map((end, i) => [end, at(i < 6 ? 'A' : 'B')])).map((of) => of.length)).toEqual([
    0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0,
  ]);
});
