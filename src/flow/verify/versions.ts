import type { Connection } from '../../engine/connection.ts';
import type { Table } from '../../plan/plan.ts';
import { list, literal, name, sql, value } from '../../sql/sql.ts';
import { endless, integer } from '../bookkeeping.ts';
import { keyColumns } from '../key.ts';
import { inRange, type KeyRange, rangesOf } from '../ranges/key-range.ts';
import { ourSide } from '../ranges/side.ts';
import { rowsInRange } from './comparison.ts';
import type { Sample } from './sample.ts';

export type HistoryFound = {
  /** Versions looked at, current ones among them. */
  readonly versions: number;
  readonly ranges: number;
  /** Versions that cannot be; at least so many where `isPartial`. */
  readonly problems: number;
  readonly isPartial: boolean;
  readonly samples: readonly Sample[];
};

export const shownProblems = 10;

/**
 * Do the versions of each key follow one another? Of one place alone, range by range of the key: none ends before it
 * begins, none ends after the next of its key begins, none begins or ends later than anything that was merged, and the
 * last of a key that is open is its current row.
 */
export async function checkVersions(
  c: Connection,
  stream: string,
  where: string,
  table: Table,
  { pace, rowsInRange: size = rowsInRange }: { readonly pace: () => Promise<void>; readonly rowsInRange?: number },
): Promise<HistoryFound> {
  const side = ourSide(where, c, sql`${name(table.schema, table.current)}`, table);
  const samples: Sample[] = [];
  let [versions, ranges, problems] = [0, 0, 0];
  for await (const range of rangesOf(side, size, null)) {
    await pace();
    const judged = judgedVersions(c, stream, table, range);
    const [row] = await c.query(sql`select count(*) as versions, count(fh_problem) as problems from ${judged}`);
    ranges++;
    versions += Number(row?.versions);
    problems += Number(row?.problems);
    if (Number(row?.problems) > 0 && samples.length < shownProblems) {
      const texts = keyColumns(side).map(
        (column, i) => sql`${c.types.canonicalText(column.type, sql`${name(column.name)}`)} as ${name(`fh_k${i}`)}`,
      );
      const shown = await c.query(sql`select ${list([...texts, sql`fh_from`, sql`fh_problem`])} from ${judged}
        where fh_problem is not null order by fh_from limit ${literal(shownProblems - samples.length)}`);
      for (const one of shown) {
        const key = table.key.map((column, i) => `${column}=${String(one[`fh_k${i}`])}`);
        const at = [...key, `fh_from=${String(one.fh_from)}`].join(', ');
        samples.push({ between: [where, where], key: at, what: String(one.fh_problem), columns: [] });
      }
    }
  }
  return { versions, ranges, problems, isPartial: false, samples };
}

/** The versions of a range of keys, each with what is wrong with it, or null. */
function judgedVersions(c: Connection, stream: string, table: Table, range: KeyRange) {
  const side = ourSide('', c, sql`t`, table);
  const keys = list(keyColumns(side).map((column) => name(column.name)));
  const within = inRange(side, range);
  const merged = sql`(select k.ordinal from freehold.fh_checkpoint k where k.stream = ${value(stream)})`;
  const open = integer(endless);
  return sql`(select ${keys}, fh_from, case
      when fh_from >= fh_to then 'ends before it begins'
      when fh_next < fh_to then 'ends after the next one begins'
      when fh_to > ${merged} and fh_to < ${open} or fh_from > ${merged} then 'is later than anything that was merged'
      when fh_to = ${open} and fh_isclosed = 1 then 'is open and not the current row' end as fh_problem
    from (
      select ${keys}, fh_from, fh_to, fh_isclosed, lead(fh_from) over (partition by ${keys} order by fh_from, fh_to) as fh_next
      from (
        select ${keys}, fh_from, fh_to, 1 as fh_isclosed from ${name(table.schema, table.history)} where ${within}
        union all
        select ${keys}, fh_from, ${open}, 0 from ${name(table.schema, table.current)} where ${within}
      ) v
    ) o) t`;
}
