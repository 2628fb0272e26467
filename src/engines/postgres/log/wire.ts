import { must } from '../../../base/must.ts';
import type { SourceTable } from '../../../engine/capture.ts';
import { type Connection, EngineError } from '../../../engine/connection.ts';
import { sql, value } from '../../../sql/sql.ts';
import { fits } from '../../../types/fits.ts';
import type { Type } from '../../../types/type.ts';
import { type KnownTypes, knownTypes, neutralType } from '../neutral.ts';

/** The staging column that takes a source type's bytes as the log sends them. */
export type Wire = {
  /** Physical type without length: `character varying`, `text[]`. */
  readonly type: string;
  /** Object id to write over the one inside an array's bytes, where the store cannot know the source's; else null. */
  readonly element: number | null;
};

/** What is known of the source's types, by object id, and names; asked from its catalogue when first met. */
export type WireTypes = {
  has(oid: number): boolean;
  /** Asks the source for these types and those they are made of. */
  learn(oids: readonly number[]): Promise<void>;
  wire(oid: number, column: SourceTable['columns'][number], address: string): Wire;
  /** The source's spelling of a type some of whose values `into` does not hold; null: it holds all. */
  unfit(oid: number, modifier: number, into: Type): string | null;
  /** Object id of the table that has this name now; null where there is none. */
  oidOf(table: SourceTable): Promise<number | null>;
};

type TypeRow = {
  readonly oid: number;
  /** The server's pg_type.typtype: b base, c composite, d domain, e enum, r range, m multirange. */
  readonly kind: string;
  readonly base: number;
  /** Element type of a true array; 0 for all others. */
  readonly element: number;
  readonly category: string;
  readonly hasBinary: boolean;
  readonly name: string;
};

/** Object ids below this are the same on every server. https://www.postgresql.org/docs/current/system-catalog-initial-data.html */
const firstOwnOid = 16384;
const textOid = 25;

export function wireTypes(source: Connection): WireTypes {
  const known = new Map<number, TypeRow | null>();

  let neutral: KnownTypes = new Map();

  async function learn(oids: readonly number[]): Promise<void> {
    if (oids.some((oid) => !neutral.has(oid))) neutral = await knownTypes(source);
    let wanted = oids.filter((oid) => !known.has(oid));
    while (wanted.length > 0) {
      const rows = await source.query(sql`
        select oid::bigint as oid, typtype::text as kind, typbasetype::bigint as base,
          case when typlen = -1 and typcategory = 'A' then typelem::bigint else 0 end as element,
          typcategory::text as category, typsend::bigint <> 0 as has_binary, format_type(oid, -1) as name
        from pg_catalog.pg_type where oid = any(${value(wanted.map(String))}::oid[])`);
      for (const oid of wanted) known.set(oid, null);
      for (const row of rows) {
        const oid = Number(row.oid);
        known.set(oid, {
          oid,
          kind: String(row.kind),
          base: Number(row.base),
          element: Number(row.element),
          category: String(row.category),
          hasBinary: row.has_binary === true,
          name: String(row.name),
        });
      }
      const parts = rows.flatMap((row) => [Number(row.base), Number(row.element)]);
      wanted = [...new Set(parts)].filter((oid) => oid !== 0 && !known.has(oid));
    }
  }

  function wire(oid: number, column: SourceTable['columns'][number], address: string): Wire {
    const found = resolve(oid);
    if (found !== null) return found;
    // A type that was dropped since: an enum's bytes are its label's.
    if (known.get(oid) === null && (column.type.kind === 'enum' || column.type.kind === 'text'))
      return { type: 'text', element: null };
    const type = known.get(oid);
    throw new EngineError(
      'statement',
      `Column '${column.name}' of dataset '${address}' has type '${type?.name ?? `of object id ${oid}`}' at the source, ` +
        'whose log form no other database can read. Leave the column out of the model, or change its type at the source.',
    );
  }

  function resolve(oid: number): Wire | null {
    const type = known.get(oid);
    if (type === undefined || type === null) return null;
    if (!type.hasBinary) return { type: 'text', element: null };
    if (type.kind === 'd') return resolve(type.base);
    if (type.kind === 'e') return { type: 'text', element: null };
    if (type.element !== 0) {
      if (type.oid < firstOwnOid) return { type: type.name, element: null };
      const element = resolve(type.element);
      // An array inside an array's element (a domain over an array) has no staging type of its own.
      if (element === null || element.element !== null || element.type.endsWith('[]')) return null;
      return { type: `${element.type}[]`, element: elementOf(type.element) };
    }
    if (type.kind === 'c') return null;
    if (type.oid < firstOwnOid) return { type: type.name, element: null };
    // Extension types over text, such as citext, send their text.
    return type.category === 'S' ? { type: 'text', element: null } : null;
  }

  /** The object id that the store knows an element's bytes by. */
  function elementOf(element: number): number {
    const type = must(known.get(element), 'element type');
    if (type.kind === 'd') return elementOf(type.base);
    return type.oid < firstOwnOid ? type.oid : textOid;
  }

  function unfit(oid: number, modifier: number, into: Type): string | null {
    const name = known.get(oid)?.name ?? null;
    if (name === null) return null;
    const of = neutralType(neutral, { oid, modifier, dimensions: 0, physical: name });
    // What has no neutral type is for `wire` to refuse.
    return 'unmapped' in of || fits(of.type, into) ? null : name;
  }

  async function oidOf(table: SourceTable): Promise<number | null> {
    const [row] = await source.query(sql`
      select c.oid::bigint as oid from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      where n.nspname = ${value(table.schema)} and c.relname = ${value(table.table)}`);
    return row === undefined ? null : Number(row.oid);
  }

  return { has: (oid) => known.has(oid), learn, wire, unfit, oidOf };
}
