import { render } from '../../sql/render.ts';
import { list, literal, name, type Sql, sql } from '../../sql/sql.ts';
import { endless } from '../bookkeeping.ts';
import { ordinalAt, streamOf } from '../handover/former.ts';
import { argument, columnList, completeFrom, gapAt, notExact, type Spelling, tooEarly } from './objects.ts';

/**
 * Views run with their owner's rights, so a reader needs none on the tables beneath. `_ordinal_at` reads the clock with
 * its owner's rights and a fixed search path, and alone may; `_as_of` is plain SQL over `_history`, bound to it when it is
 * made, so that the planner can look through it to the tables' indexes. Its first condition holds no column, so that it
 * is decided before any row is read, also where there is none: too early is an error, never an empty answer.
 */
export const postgresSpelling: Spelling = {
  view: (schema, view, rows) => ({
    kind: 'view',
    name: view,
    arguments: null,
    create: sql`create or replace view ${name(schema, view)} with (security_barrier) as ${rows}`,
  }),

  history: ({ columns, table }, versions) => {
    const at = (ordinal: Sql) => sql`(select k."at" from freehold.fh_clock k
      where k.stream = ${streamOf(table.address, ordinal)} and k.ordinal >= ${ordinal} order by k.ordinal limit 1)`;
    return sql`select ${columnList(columns, 'v')}, v.fh_from, v.fh_to,
        ${at(sql`v.fh_from`)} as fh_from_at, ${at(sql`v.fh_to`)} as fh_to_at
      from (${versions}) v`;
  },

  ordinalAt: (schema, view, c) => {
    const message = `${tooEarly(view)}%`;
    const body = sql`
declare found bigint; why text;
begin
  if $1 is null then raise exception using errcode = '22004', message = 'an instant is needed, not null'; end if;
  found := (${ordinalAt(view.table.address, argument)});
  if found is null or found < coalesce((${completeFrom(view.table.address)}), ${literal(endless)}) then
    raise exception ${literal(message)}, $1 using errcode = '22023';
  end if;
  why := (${gapAt(view, argument)});
  if why is not null then
    raise warning ${literal(notExact(view))}, $1, why using errcode = '01000';
  end if;
  return found;
end`;
    return {
      kind: 'function',
      name: `${view.name}_ordinal_at`,
      arguments: 'timestamp with time zone',
      create: sql`create or replace function ${name(schema, `${view.name}_ordinal_at`)}(instant timestamp with time zone)
        returns bigint language plpgsql stable security definer set search_path = pg_catalog, pg_temp
        as ${literal(render(body, c.dialect).text)}`,
    };
  },

  asOf: (schema, { name: view, table, columns, kept = {} }, c) => {
    const types = new Map(table.columns.map((column) => [column.name, c.types.physical(column.type)]));
    const returned = columns.map((column) => sql`${name(column)} ${types.get(kept[column] ?? column) ?? sql`text`}`);
    const ordinal = sql`(select ${name(schema, `${view}_ordinal_at`)}(${argument}))`;
    return {
      kind: 'function',
      name: `${view}_as_of`,
      arguments: 'timestamp with time zone',
      create: sql`create or replace function ${name(schema, `${view}_as_of`)}(instant timestamp with time zone)
        returns table (${list(returned)}) language sql stable
        begin atomic
          select ${columnList(columns, 'h')} from ${name(schema, `${view}_history`)} h
          where ${ordinal} is not null and h.fh_from <= ${ordinal} and h.fh_to > ${ordinal};
        end`,
    };
  },
};
