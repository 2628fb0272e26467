/**
 * The objects of a group's schema, in an order in which they can be made: `<view>` (current rows), and with history
 * `<view>_history` (every version), `<view>_ordinal_at(instant)` (which ordinal an instant means) and
 * `<view>_as_of(instant)` (rows as they were).
 */

import type { Connection } from '../../engine/connection.ts';
import type { PublishNode, View } from '../../plan/plan.ts';
import { list, literal, name, type Sql, sql, words } from '../../sql/sql.ts';
import { endless } from '../bookkeeping.ts';
import { streamNow, streamOf } from '../handover/former.ts';
import { everyName } from '../versions.ts';

export type WantedObject = {
  readonly kind: 'view' | 'function';
  readonly name: string;
  /** Types of the arguments; of views null. */
  readonly arguments: string | null;
  /** What makes it, or remakes it where its shape allows. */
  readonly create: Sql;
};

export function objectsOf(c: Connection, node: PublishNode, spell: Spelling): readonly WantedObject[] {
  return node.views.flatMap((view) => [
    spell.view(node.schema, view.name, currentRows(view)),
    ...(view.history
      ? [
          spell.view(node.schema, `${view.name}_history`, spell.history(view, everyVersion(c, view))),
          spell.ordinalAt(node.schema, view, c),
          spell.asOf(node.schema, view, c),
        ]
      : []),
  ]);
}

/** How an engine spells them. */
export type Spelling = {
  readonly view: (schema: string, view: string, rows: Sql) => WantedObject;
  /** Every version with the instants at which it began and ended. */
  readonly history: (view: View, versions: Sql) => Sql;
  readonly ordinalAt: (schema: string, view: View, c: Connection) => WantedObject;
  readonly asOf: (schema: string, view: View, c: Connection) => WantedObject;
};

function currentRows(view: View): Sql {
  const { table } = view;
  return sql`select ${shownColumns(view)} from ${name(table.schema, table.current)} r`;
}

/** Closed versions and current rows; in layout `live` current rows alone. In one table they are read at once. */
export function everyVersion(c: Connection, view: View): Sql {
  const { table } = view;
  const current = sql`select ${shownColumns(view)}, r.fh_from, cast(${literal(endless)} as bigint) as fh_to
    from ${name(table.schema, table.current)} r`;
  if (typeof table.versions === 'string')
    return sql`select ${shownColumns(view)}, r.fh_from, r.fh_to from ${name(table.schema, everyName(c, table))} r`;
  return table.layout === 'live'
    ? current
    : sql`select ${shownColumns(view)}, r.fh_from, r.fh_to from ${name(table.schema, table.history)} r union all ${current}`;
}

/** A view's columns, of the table `r`, each under the name that it is shown by. */
function shownColumns({ columns, kept = {} }: View): Sql {
  return sql`${list(
    columns.map((column) => {
      const inTable = kept[column];
      return inTable === undefined ? name('r', column) : sql`${name('r', inTable)} as ${name(column)}`;
    }),
  )}`;
}

export function columnList(columns: readonly string[], alias = 'r'): Sql {
  return sql`${list(columns.map((column) => name(alias, column)))}`;
}

export function completeFrom(address: string): Sql {
  return sql`select d.complete_from from freehold.fh_dataset d where d.address = ${literal(address)}`;
}

/** The cause of a gap in which the ordinal `found`, which an instant means, does not tell all that was so then; null: none. */
export function gapAt({ table: { address } }: View, instant: Sql): Sql {
  return sql`select g.cause from freehold.fh_gap g
    where g.stream = ${streamNow(address)} and (g.address is null or g.address = ${literal(address)})
      and g.from_ordinal <= found and (g.to_ordinal is null or g.to_ordinal > found)
      and ${instant} > (select max(k."at") from freehold.fh_clock k
        where k.stream = ${streamOf(address, sql`found`)} and k.ordinal <= found)
    limit 1`;
}

/** The message of an instant within a gap; instant and cause follow. */
export const notExact = (view: View) =>
  `'${view.table.address}' is not exact as of %: changes at the source were lost around then (%)`;

/** The beginning of the message of an instant before the history; the instant follows. */
export const tooEarly = (view: View) =>
  `'${view.table.address}' has no versions as of that instant: its history begins later. Ask from the first fh_from_at of ${view.name}_history on: `;

export const argument: Sql = words('$1');
