import type { Connection } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import type { PublishNode } from '../../plan/plan.ts';
import { literal, name, sql, value } from '../../sql/sql.ts';
import { endless } from '../bookkeeping.ts';
import { clockOf, ordinalAt } from '../handover/former.ts';
import { columnList, completeFrom, everyVersion, objectsOf, type Spelling, tooEarly } from './objects.ts';

/** Macros in the place of functions; there is nobody to keep out, since the engine has no users. */
const duckdbSpelling: Spelling = {
  view: (schema, view, rows) => ({
    kind: 'view',
    name: view,
    arguments: null,
    create: sql`create or replace view ${name(schema, view)} as ${rows}`,
  }),

  history: ({ columns, table }, versions) => {
    const clock = clockOf(table.address);
    return sql`select ${columnList(columns, 'v')}, v.fh_from, v.fh_to, f."at" as fh_from_at, t."at" as fh_to_at
      from (${versions}) v
      asof left join ${clock} f on v.fh_from <= f.ordinal
      asof left join ${clock} t on v.fh_to <= t.ordinal`;
  },

  ordinalAt: (schema, view) => ({
    kind: 'function',
    name: `${view.name}_ordinal_at`,
    arguments: null,
    create: sql`create or replace macro ${name(schema, `${view.name}_ordinal_at`)}(instant) as (
      select case when o.found is null or o.found < coalesce((${completeFrom(view.table.address)}), ${literal(endless)})
        then error(${literal(tooEarly(view))} || coalesce(cast(instant as varchar), 'null')) else o.found end
      from (select (${ordinalAt(view.table.address, sql`cast(instant as timestamp with time zone)`)}) as found) o)`,
  }),

  asOf: (schema, view, c) => {
    const ordinal = sql`${name(schema, `${view.name}_ordinal_at`)}(instant)`;
    return {
      kind: 'function',
      name: `${view.name}_as_of`,
      arguments: null,
      create: sql`create or replace macro ${name(schema, `${view.name}_as_of`)}(instant) as table
        select ${columnList(view.columns, 'h')} from (${everyVersion(c, view)}) h
        where ${ordinal} is not null and h.fh_from <= ${ordinal} and h.fh_to > ${ordinal}`,
    };
  },
};

/**
 * One transaction. Before: any earlier set of the group's objects, or none. After: exactly these. The schema is the
 * group's alone and nothing else depends on its views, so all of them are written again.
 */
export function publishInDuckdb(c: Connection, node: PublishNode): Promise<readonly Finding[]> {
  return c.transaction(() => publishWithinDuckdb(c, node));
}

/** The same, in the caller's transaction. */
export async function publishWithinDuckdb(c: Connection, node: PublishNode): Promise<readonly Finding[]> {
  const wanted = objectsOf(c, node, duckdbSpelling);
  await c.execute(sql`create schema if not exists ${name(node.schema)}`);
  await dropOthers(c, node.schema, new Set(wanted.map((object) => object.name)));
  for (const object of wanted) await c.execute(object.create);
  return [];
}

/** Takes a group's objects away, to be made again in the caller's transaction. */
export function dropWithinDuckdb(c: Connection, { schema }: Pick<PublishNode, 'schema'>): Promise<void> {
  return dropOthers(c, schema, new Set());
}

/** One transaction: the schema goes with all that is in it, which is ours. */
export function unpublishInDuckdb(c: Connection, { schema }: Pick<PublishNode, 'schema'>): Promise<readonly Finding[]> {
  return c.transaction(async () => {
    await dropOthers(c, schema, new Set());
    await c.execute(sql`drop schema if exists ${name(schema)}`);
    return [];
  });
}

async function dropOthers(c: Connection, schema: string, kept: ReadonlySet<string>): Promise<void> {
  const views = await c.query(sql`select view_name as name from duckdb_views()
      where schema_name = ${value(schema)} and database_name = current_database()`);
  const macros = await c.query(sql`select distinct function_name as name, function_type as type from duckdb_functions()
      where schema_name = ${value(schema)} and database_name = current_database() and not internal`);
  for (const macro of macros.filter((each) => !kept.has(String(each.name))))
    await c.execute(
      macro.type === 'table_macro'
        ? sql`drop macro table ${name(schema, String(macro.name))}`
        : sql`drop macro ${name(schema, String(macro.name))}`,
    );
  for (const view of views.filter((each) => !kept.has(String(each.name))))
    await c.execute(sql`drop view ${name(schema, String(view.name))}`);
}
