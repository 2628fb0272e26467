import { codeDigest } from '../../model/code.ts';
import { dayAfter } from '../../model/duration.ts';
import type { Declassification, Transformer } from '../../model/model.ts';
import type { Ask } from '../rule.ts';
import type { Carried, Classification } from './classification.ts';

/** Why a declassification does not hold; null where it does. */
export function whyVoid(ask: Ask, one: Declassification, transformer: Transformer): 'stale' | 'expired' | null {
  if (one.code !== codeDigest(transformer)) return 'stale';
  return ask.isReached(dayAfter(one.until)) ? 'expired' : null;
}

/** What zones have let go of what a transformer makes, as far as it holds now. */
export function declassifiedBy(ask: Ask, transformer: Transformer): readonly Declassification[] {
  return ask
    .found('declassified', transformer.address)
    .map((address) => ask.object('declassification', address))
    .filter((one) => one !== null)
    .filter((one) => whyVoid(ask, one, transformer) === null);
}

/** What a column still carries after them. `dataset` and `column` are addresses. */
export function without(
  carried: Carried,
  statements: readonly Declassification[],
  dataset: string,
  column: string,
): Carried {
  const about = statements.filter(({ of }) => of.includes(dataset) || of.includes(column));
  return about.length === 0 ? carried : about.reduce(afterOne, carried);
}

function afterOne(carried: Carried, { zone, drops }: Declassification): Carried {
  return new Map(
    [...carried].flatMap(([origin, { rank, labels }]): readonly (readonly [string, Classification])[] => {
      if (origin !== zone) return [[origin, { rank, labels }]];
      return drops === undefined ? [] : [[origin, { rank, labels: labels.filter((label) => !drops.includes(label)) }]];
    }),
  );
}
