/**
 * As `Promise.all`, but nothing goes on behind it: ends when all have ended, and rejects with the failure that came first.
 * `onFailure` is called when it comes, for what tells the others to end.
 */
export async function allEnded<T>(work: readonly Promise<T>[], onFailure?: () => void): Promise<readonly T[]> {
  const failures: unknown[] = [];
  const heard = work.map((one) =>
    one.catch((failure: unknown) => {
      if (failures.push(failure) === 1) onFailure?.();
      throw failure;
    }),
  );
  const outcomes = await Promise.allSettled(heard);
  if (failures.length > 0) throw failures[0];
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
}
