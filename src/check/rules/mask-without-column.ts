import { readsIn } from '../graph/reads.ts';
import { type PlacedReference, referencesOfTransformer, referencesOfWorkspace } from '../references.ts';
import type { Ask, Report, Rule } from '../rule.ts';
import { within } from '../spots.ts';

/** A mask is over a column that is read: over any other it hides nothing, whatever its author believes. */
export const maskWithoutColumn: Rule = {
  name: 'mask-without-column',
  judges: {
    workspace: (workspace, ask) => referencesOfWorkspace(workspace).flatMap((placed) => unseen(placed, ask)),
    transformer: (transformer, ask) => referencesOfTransformer(transformer).flatMap((placed) => unseen(placed, ask)),
  },
};

function unseen({ reader, reference, at }: PlacedReference, ask: Ask): readonly Report[] {
  const { mask = {}, from } = reference;
  if (Object.keys(mask).length === 0) return [];
  const reads = readsIn(ask, [reference]);
  if (reads.length === 0) return [];
  return Object.keys(mask)
    .filter((column) => !reads.some(({ sees }) => sees(column) !== undefined))
    .map((column) => {
      const isThere = reads.some(({ dataset }) => Object.hasOwn(dataset.columns, column));
      return {
        message: `${reader} masks column '${column}' of '${from}', which ${isThere ? 'it does not read' : 'is not there'}: the mask hides nothing.`,
        help: isThere
          ? 'Take the mask away, or read the column.'
          : 'Name the column as the dataset does, or take the mask away.',
        at: within(at, 'mask'),
      };
    });
}
