import type { Connection } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';
import { name, sql } from '../../sql/sql.ts';
import { typeText } from '../../types/text.ts';
import { fence, holdStream } from '../checkpoint.ts';
import { briefly } from '../locks.ts';
import { refuseDependants } from './dependants.ts';
import { buildIndexes, byTable, swapIndexes, type TableChange } from './key.ts';
import type { Reshaper } from './reshape.ts';
import { isCatalogueOnly, type Kept, labelOf, type Retyped, retypedColumns } from './retyped.ts';
import { beginShadow, dropShadows, endShadow, fillShadow, hasShadow, lostValues } from './shadow.ts';
import { swapColumns } from './swap-columns.ts';

/**
 * prepare: shadows are made, filled and indexed while rows are read and written; each step is committed, and the next run
 * goes on where one was cut. swap: one short transaction. Before: views and merges use the old columns. After: the new
 * ones, under the same names; the old ones stay beside them under others, for as long as versions are kept. Whoever
 * merges for an older plan is fenced. Cut: as before.
 */
export const inPostgres: Reshaper = {
  async prepare(c, kept, onPart) {
    const shadowed = (await retypedColumns(c, kept)).filter((one) => !isDoneByCatalogue(one));
    await dropShadows(c, [...new Set(kept.map(({ table }) => table.schema))], shadowed);
    for (const one of shadowed) {
      await refuseOthers(c, one);
      await beginShadow(c, one);
      await fillShadow(c, one, onPart);
    }
    const findings: Finding[] = [];
    for (const one of shadowed) {
      const lost = await lostValues(c, one);
      if (lost > 0) findings.push(notConverted(one, lost));
    }
    for (const change of byTable(shadowed)) {
      await onPart?.();
      await buildIndexes(c, change);
    }
    return findings;
  },

  async swap(c, kept, views) {
    const schemas = [...new Set(kept.map(({ table }) => table.schema))];
    for (;;) {
      const retyped = await retypedColumns(c, kept);
      if (retyped.length === 0) return [];
      const outcome = await briefly(c, [...schemas, ...views.schemas], () => swapWithin(c, kept, retyped, views));
      if (outcome !== 'unprepared') return outcome;
      // A table was made meanwhile: of a delta that went on to its next.
      await inPostgres.prepare(c, kept);
    }
  },
};

async function swapWithin(
  c: Connection,
  kept: readonly Kept[],
  seen: readonly Retyped[],
  views: Parameters<Reshaper['swap']>[2],
): Promise<readonly Finding[] | 'unprepared'> {
  for (const stream of new Set(seen.map((one) => one.stream))) await holdStream(c, stream);
  const retyped = await retypedColumns(c, kept);
  const shadowed = retyped.filter((one) => !isDoneByCatalogue(one));
  for (const one of shadowed) if (!(await hasShadow(c, one))) return 'unprepared';
  for (const one of retyped) await refuseOthers(c, one);
  const altered = retyped.filter(isDoneByCatalogue);
  if (altered.length > 0) {
    await views.drop();
    for (const one of altered)
      await c.execute(sql`alter table ${name(one.table.schema, one.named)}
        alter column ${name(one.column.name)} type ${c.types.physical(one.column.type)}`);
  }
  for (const change of byTable(shadowed)) await swapTable(c, change);
  await fence(
    c,
    retyped.map(({ stream }) => stream),
  );
  return views.publish();
}

async function swapTable(c: Connection, change: TableChange): Promise<void> {
  await swapIndexes(c, change);
  await swapColumns(c, change, (one) => endShadow(c, one));
}

/** The key's index would be made anew with it, which takes as long as the table is large. */
function isDoneByCatalogue({ table, column, from, into }: Retyped): boolean {
  return isCatalogueOnly(from, into) && !table.key.includes(column.name);
}

function refuseOthers(c: Connection, one: Retyped): Promise<void> {
  const { table, named, column } = one;
  const at = { address: labelOf(one), schema: table.schema, table: named, column: column.name };
  return refuseDependants(c, at, `column '${column.name}' of table "${table.schema}"."${named}" is to be ${one.into}`);
}

function notConverted(one: Retyped, lost: number): Finding {
  const { table, column, named, from } = one;
  const what = one.role === 'history' ? 'closed versions' : one.role === 'delta' ? 'net changes' : 'current rows';
  const then =
    one.role === 'current'
      ? 'They are read from the source anew, as one correction.'
      : 'They stay null there; what they were stays in the old column as long as versions are kept.';
  return finding({
    rule: 'values-not-converted',
    severity: 'warning',
    address: labelOf(one),
    message: `${lost} values of column '${column.name}' of dataset '${table.address}' in ${what} ("${table.schema}"."${named}") were ${from} and are no ${typeText(column.type)} that is the same there and back. ${then}`,
    help: 'Nothing is to be done where readers know of it. Whoever needs the old values keeps them under a column of their own before the type changes.',
  });
}
