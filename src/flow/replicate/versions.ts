import type { Connection } from '../../engine/connection.ts';
import type { ReplicaDataset } from '../../plan/plan.ts';
import { list, literal, name, type Sql, sql } from '../../sql/sql.ts';
import { endless } from '../bookkeeping.ts';
import type { CopiedColumn } from '../copy.ts';
import { compared } from '../merge/changes.ts';

/** A dataset's versions in its store, as a replica has them: current rows (`fh_from`), closed ones (`fh_from`, `fh_to`). */
export type StoredVersions = { readonly current: Sql; readonly closed: Sql };

/**
 * Of all columns: the store's tables. Of a part of them a change of another column makes no version, as in a replica that
 * followed from the beginning: neighbours that are equal in the part are one.
 */
export function storedVersions(store: Connection, dataset: ReplicaDataset): StoredVersions {
  const current = sql`${name(dataset.store.schema, dataset.store.current)}`;
  const history = sql`${name(dataset.store.schema, dataset.store.history)}`;
  if (dataset.store.isPart !== true || dataset.layout === 'live' || dataset.key.length === 0)
    return { current, closed: history };
  const joined = joinedVersions(store, dataset, current, history);
  return {
    current: sql`(select * from ${joined} j where fh_to = ${literal(endless)})`,
    closed: sql`(select * from ${joined} j where fh_to < ${literal(endless)})`,
  };
}

function joinedVersions(store: Connection, { key, columns }: ReplicaDataset, current: Sql, history: Sql): Sql {
  const shown = list(columns.map((column) => name(column.name)));
  const keys = list(key.map((column) => name(column)));
  const rest = columns.filter((column) => !key.includes(column.name));
  const values = list([sql`1`, ...rest.map((column) => compared(store, sql``, column))]);
  return sql`(
    select ${shown}, fh_from, fh_end as fh_to
    from (
      select v.*, max(fh_to) over (partition by ${keys}, fh_run) as fh_end
      from (
        select v.*, sum(case when fh_is_new then 1 else 0 end) over (partition by ${keys} order by fh_from) as fh_run
        from (
          select ${shown}, fh_from, fh_to,
            lag(fh_to) over w is distinct from fh_from
              or lag(row(${values})) over w is distinct from row(${values}) as fh_is_new
          from (
            select ${shown}, fh_from, fh_to from ${history} h
            union all
            select ${shown}, fh_from, cast(${literal(endless)} as bigint) from ${current} c
          ) v
          window w as (partition by ${keys} order by fh_from)
        ) v
      ) v
    ) v
    where fh_is_new)`;
}

/** The columns of a version on its way. */
export function versionColumns(
  { columns }: ReplicaDataset,
  ...header: readonly ('fh_from' | 'fh_to')[]
): readonly CopiedColumn[] {
  return [
    ...columns.map((column) => ({ name: column.name, type: column.type, read: sql`${name(column.name)}` })),
    ...header.map((column) => ({ name: column, type: { kind: 'int', bits: 64 } as const, read: sql`${name(column)}` })),
  ];
}
