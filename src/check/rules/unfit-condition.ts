import { didYouMean } from '../../findings/near-name.ts';
import { conditionOf } from '../../sql/lineage/condition.ts';
import { readsIn } from '../graph/reads.ts';
import { type PlacedReference, referencesOfTransformer, referencesOfWorkspace } from '../references.ts';
import type { Ask, Report, Rule } from '../rule.ts';
import { within } from '../spots.ts';
import { quoted } from '../words.ts';

/** What says which rows are seen is one condition in SQL, on columns of the dataset. */
export const unfitCondition: Rule = {
  name: 'unfit-condition',
  judges: {
    workspace: (workspace, ask) => referencesOfWorkspace(workspace).flatMap((placed) => unfit(placed, ask)),
    transformer: (transformer, ask) => referencesOfTransformer(transformer).flatMap((placed) => unfit(placed, ask)),
  },
};

function unfit({ reader, reference, at }: PlacedReference, ask: Ask): readonly Report[] {
  const { rows } = reference;
  if (rows === undefined || ask.parseSql === undefined) return [];
  const condition = conditionOf(rows, ask.parseSql);
  if (condition.kind === 'refused')
    return [
      {
        message: `${reader} reads rows of '${reference.from}' by a condition that is none: ${condition.reason}.`,
        help: "Write one condition on the dataset's own columns, in SQL:  rows: \"country = 'DE'\".",
        at: within(at, 'rows'),
      },
    ];
  return readsIn(ask, [reference]).flatMap(({ address, dataset }) => {
    const known = Object.keys(dataset.columns);
    const absent = condition.columns.filter((column) => !known.includes(column));
    const [first] = absent;
    if (first === undefined) return [];
    return {
      message: `${reader} reads rows of '${address}' by a condition on ${quoted(absent)}, which '${address}' does not have.`,
      help: `Use columns of the dataset, by their names in the model.${didYouMean(first, known)}`,
      at: within(at, 'rows'),
    };
  });
}
