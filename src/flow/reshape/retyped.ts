import { digestText } from '../../base/digest.ts';
import type { Connection } from '../../engine/connection.ts';
import type { TableColumn } from '../../plan/plan.ts';
import { deltaRanges } from '../bookkeeping.ts';
import {
  deltaTable,
  type KnownColumns,
  knownColumns,
  limited,
  type Physical,
  place,
  spelledTypes,
  versionTables,
} from '../physical.ts';
import type { KeptTable } from '../tables.ts';

/** A dataset's tables in a container, and the stream that writes them. */
export type Kept = { readonly stream: string; readonly table: KeptTable };

/** A column of one table whose physical type is another than the plan says. */
export type Retyped = Kept & {
  /** The one of the dataset's tables. */
  readonly named: string;
  readonly role: 'current' | 'history' | 'delta';
  readonly column: TableColumn;
  /** As the catalogue spells them. */
  readonly from: string;
  readonly into: string;
  /** Of the column that takes its place. */
  readonly shadow: string;
};

/** The columns of these datasets whose type is to change, in all tables of theirs that are there. */
export async function retypedColumns(c: Connection, kept: readonly Kept[]): Promise<readonly Retyped[]> {
  const schemas = [...new Set(kept.map(({ table }) => table.schema))];
  if (schemas.length === 0) return [];
  const known = await knownColumns(c, schemas);
  const all = [];
  for (const one of kept) for (const each of await tablesThere(c, one.table, known)) all.push({ ...one, ...each });
  const spelled = await spelledTypes(
    c,
    all.map(({ physical }) => physical),
  );
  return all.flatMap(({ stream, table, physical, role }) =>
    table.columns.flatMap((column, i): Retyped[] => {
      const from = known.get(place(physical))?.get(column.name);
      const into = spelled.get(physical.columns[i]?.text ?? '');
      if (from === undefined || into === undefined || from === into) return [];
      return [{ stream, table, named: physical.name, role, column, from, into, shadow: shadowName(c, column.name) }];
    }),
  );
}

/** What `fh_` begins, no model has a column of. */
export function shadowName(c: Connection, column: string): string {
  return limited(`fh_new__${column}`, c.dialect.identifierLimit);
}

/** The name under which a column stays whose place another has taken, in a table with these. */
export function keptAs(c: Connection, column: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n++) {
    const named = limited(`fh_old_${n}__${column}`, c.dialect.identifierLimit);
    if (!taken.has(named)) return named;
  }
}

/** One word for a column of a table and what it becomes, for names of what is made for it. */
export function wordOf({ table, named, column, into }: Retyped): string {
  return wordFor(table.schema, named, column.name, into);
}

export function wordFor(schema: string, named: string, column: string, into: string): string {
  return digestText(`${schema}.${named}.${column}.${into}`).slice(0, 12);
}

export function labelOf({ table, column }: Pick<Retyped, 'table' | 'column'>): string {
  return `${table.address}#${column.name}`;
}

async function tablesThere(
  c: Connection,
  table: KeptTable,
  known: KnownColumns,
): Promise<readonly { readonly physical: Physical; readonly role: Retyped['role'] }[]> {
  const versions = versionTables(c, { ...table, layout: 'split' }).map((physical) => ({
    physical,
    role: physical.name === table.current ? ('current' as const) : ('history' as const),
  }));
  const deltas = (await deltaRanges(c, table.address)).map((range) => ({
    physical: deltaTable(c, table, range.table),
    role: 'delta' as const,
  }));
  return [...versions, ...deltas].filter(({ physical }) => known.has(place(physical)));
}

/** Does the type hold every value of the other, and is each then what the source would send? */
export function isPlain(from: string, into: string): boolean {
  const [a, b] = [ranks.indexOf(from), ranks.indexOf(into)];
  if (a >= 0 && b >= 0) return a < b;
  if (a >= 0 && into === 'numeric') return true;
  const [p, q] = [digitsOf(from), digitsOf(into)];
  if (p !== null && into === 'numeric') return true;
  if (a >= 0 && q !== null) return q.whole >= (wholeDigits[a] ?? 0);
  if (p !== null && q !== null) return q.whole >= p.whole && q.scale >= p.scale;
  return (from === 'real' || from === 'float') && (into === 'double precision' || into === 'double');
}

/** May the catalogue alone change? Only more digits before the point. */
export function isCatalogueOnly(from: string, into: string): boolean {
  const [p, q] = [digitsOf(from), digitsOf(into)];
  return p !== null && (into === 'numeric' || (q !== null && q.scale === p.scale && q.whole >= p.whole));
}

const ranks: readonly string[] = ['smallint', 'integer', 'bigint'];
const wholeDigits: readonly number[] = [5, 10, 19];

function digitsOf(spelled: string): { readonly whole: number; readonly scale: number } | null {
  const parsed = /^(?:numeric|decimal)\((\d+),(\d+)\)/.exec(spelled);
  if (parsed === null) return null;
  return { whole: Number(parsed[1]) - Number(parsed[2]), scale: Number(parsed[2]) };
}
