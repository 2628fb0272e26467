import { type StagedShape, unfitCode } from '../../engine/capture.ts';
import { EngineError } from '../../engine/connection.ts';
import type { TableColumn } from '../../plan/plan.ts';
import { typeText } from '../../types/text.ts';
import { ChecksFailed } from '../quality/failed.ts';
import type { Staging } from './staging.ts';

/** A staged column whose type at the source is one that the model's does not hold. */
export type UnfitColumn = { readonly column: TableColumn; readonly source: string };

export function unfitColumns(
  { columns }: { readonly columns: readonly TableColumn[] },
  shape: StagedShape,
): readonly UnfitColumn[] {
  return shape.columns.flatMap(({ name, source }): UnfitColumn[] => {
    const column = columns.find((one) => one.name === name);
    return source === undefined || column === undefined ? [] : [{ column, source }];
  });
}

/** Why a merge failed, where what it staged came in types that the model does not hold: which columns, and the ways out. */
export function explained(failure: unknown, staged: readonly { readonly staging: Staging }[]): unknown {
  // What a check stopped did fit.
  if (failure instanceof ChecksFailed) return failure;
  if (!(failure instanceof EngineError) || failure.kind !== 'statement') return failure;
  const found = staged.flatMap(({ staging }) =>
    unfitColumns(staging.dataset, staging.shape).map(
      ({ column, source }) =>
        `column '${column.from}' of dataset '${staging.dataset.address}' was ${typeText(column.type)} and is now ${source}`,
    ),
  );
  if (found.length === 0) return failure;
  return new EngineError(
    'statement',
    `at the source ${found.join(', and ')}, and a value does not fit: ${failure.message}. Nothing of it was merged, and nothing ` +
      'is lost: what changes waits. Write the new type in the model and apply it, or change the column back at the source; ' +
      'after either the stream goes on by itself.',
    { code: unfitCode, cause: failure },
  );
}
