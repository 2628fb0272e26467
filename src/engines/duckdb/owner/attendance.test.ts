import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { attendance } from './attendance.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('an owner leaves when nobody came, and some time after the last has gone', () => {
  const left = vi.fn();
  attendance(left);
  vi.advanceTimersByTime(19_999);
  expect(left).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(left).toHaveBeenCalledTimes(1);

  const gone = vi.fn();
  const room = attendance(gone);
  expect([room.enter(), room.enter()]).toEqual([true, true]);
  room.exit();
  vi.advanceTimersByTime(60_000);
  room.exit();
  vi.advanceTimersByTime(999);
  // Who comes before it is over keeps it.
  expect(room.enter()).toBe(true);
  vi.advanceTimersByTime(60_000);
  expect(gone).not.toHaveBeenCalled();
  room.exit();
  vi.advanceTimersByTime(1_000);
  expect(gone).toHaveBeenCalledTimes(1);
});

test('who comes while it leaves is not let in, so that nobody is lost with it', () => {
  const left = vi.fn();
  const room = attendance(left);
  room.enter();
  room.exit();
  vi.advanceTimersByTime(1_000);
  expect([left.mock.calls.length, room.enter(), room.count()]).toEqual([1, false, 0]);

  const told = attendance(left);
  told.enter();
  told.leave();
  told.leave();
  told.exit();
  vi.advanceTimersByTime(60_000);
  expect([left.mock.calls.length, told.enter()]).toEqual([2, false]);
});
