import { type Connection, EngineError } from '../../engine/connection.ts';
import type { Table } from '../../plan/plan.ts';
import { type Sql, sql, value } from '../../sql/sql.ts';
import { Blocked } from '../publish/blocked.ts';

/**
 * What others have built on a column of ours: views, functions, indexes, constraints, rules, triggers. Ours are known by
 * their comment, or by their name where it is an index or constraint of our own table.
 */
export async function dependantsOf(
  c: Connection,
  schema: string,
  table: string,
  column: string,
): Promise<readonly string[]> {
  const rows = await c.query(sql`
    with at as (
      select a.attrelid, a.attnum from pg_catalog.pg_attribute a
      where a.attrelid = to_regclass(format('%I.%I', cast(${value(schema)} as text), cast(${value(table)} as text)))
        and a.attname = ${value(column)} and not a.attisdropped
    ), depending as (
      select distinct d.classid, d.objid, coalesce(r.ev_class, 0) as view
      from at join pg_catalog.pg_depend d
        on d.refclassid = 'pg_class'::regclass and d.refobjid = at.attrelid and d.refobjsubid = at.attnum
      left join pg_catalog.pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
      where d.deptype in ('n', 'a')
    )
    select case when view <> 0 then pg_describe_object('pg_class'::regclass, view, 0)
      else pg_describe_object(classid, objid, 0) end as described
    from depending
    where not coalesce(obj_description(case when view <> 0 then view else objid end,
        case when view <> 0 then 'pg_class' else classid::regclass::text end), '') like 'freehold %'
      and not exists (select from pg_catalog.pg_class k where classid = 'pg_class'::regclass and k.oid = objid
        and (k.relname like 'fh\\_%' or k.relname like '%\\_\\_by%' or k.relname like '%\\_\\_ended%' or k.relname like '%\\_pkey'))
      and not exists (select from pg_catalog.pg_constraint k where classid = 'pg_constraint'::regclass and k.oid = objid
        and (k.conname like 'fh\\_%' or k.contype in ('p', 'n')))
      and not exists (select from pg_catalog.pg_trigger k where classid = 'pg_trigger'::regclass and k.oid = objid
        and k.tgname like 'fh\\_%')
      and not exists (select from pg_catalog.pg_attrdef k where classid = 'pg_attrdef'::regclass and k.oid = objid)
    order by 1`);
  return rows.map((row) => String(row.described));
}

/** Throws Blocked where others have built on it. `why`: what is to be done to the column. */
export async function refuseDependants(
  c: Connection,
  at: { readonly address: string; readonly schema: string; readonly table: string; readonly column: string },
  why: string,
): Promise<void> {
  const found = await dependantsOf(c, at.schema, at.table, at.column);
  if (found.length === 0) return;
  throw new Blocked({
    rule: 'has-dependants',
    address: at.address,
    message: `${why}, and others have built on it: ${found.join('; ')}. Nothing was changed.`,
    help: 'Drop or change what depends on it, then apply again. freehold never drops what it did not make.',
  });
}

/** Drops a table or view of ours for a change of layout. Throws Blocked where others have built on it. */
export async function dropOurs(c: Connection, { address, schema }: Table, what: Sql): Promise<void> {
  try {
    await c.execute(sql`drop ${what}`);
  } catch (failure) {
    if (!(failure instanceof EngineError) || failure.code !== '2BP01') throw failure;
    const { cause } = failure;
    const detail =
      typeof cause === 'object' && cause !== null && 'detail' in cause ? String(cause.detail) : failure.message;
    throw new Blocked({
      rule: 'has-dependants',
      address,
      message: `the layout of dataset '${address}' is to change, and others have built on its tables in schema "${schema}": ${detail.replaceAll('\n', '; ')}. Nothing of it was changed.`,
      help: 'Drop or change what depends on it, then apply again. freehold never drops what it did not make.',
    });
  }
}
