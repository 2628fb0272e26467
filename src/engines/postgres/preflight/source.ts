import type { SourceTable } from '../../../engine/capture.ts';
import type { Connection, Row } from '../../../engine/connection.ts';
import { sql, value } from '../../../sql/sql.ts';
import { type KnownTypes, knownTypes, type Neutral, neutralType } from '../neutral.ts';

/** What the real server says of itself. */
export type SourceServer = {
  /** 150004 is 15.4. */
  readonly version: number;
  readonly versionText: string;
  readonly database: string;
  readonly role: string;
  readonly walLevel: string;
  readonly isStandby: boolean;
  /** Of a standby: does its primary keep the rows of the catalogue that it still needs? */
  readonly hasFeedback: boolean;
  /** Servers that follow this one as a whole. */
  readonly standbys: number;
  readonly encoding: string;
  readonly slots: { readonly used: number; readonly ours: number; readonly limit: number };
  readonly senders: { readonly used: number; readonly limit: number };
  readonly mayReplicate: boolean;
  readonly isSuperuser: boolean;
  readonly mayCreate: boolean;
  /** Tables that a publication of ours has already, as `schema.table`. */
  readonly published: readonly string[];
};

/** One table as the catalogue has it. */
export type FoundTable = {
  readonly kind: string;
  readonly isUnlogged: boolean;
  readonly isParent: boolean;
  readonly mayUseSchema: boolean;
  readonly isOwner: boolean;
  readonly owner: string;
  readonly isFiltered: boolean;
  /** Partitions that hold rows, at all levels. */
  readonly partitions: readonly { readonly name: string; readonly isUnlogged: boolean; readonly isForeign: boolean }[];
  /** For the table and each of its partitions: what an update logs of the old row. */
  readonly identities: readonly Identity[];
  /** Columns of each unique index that holds for all rows. */
  readonly uniques: readonly (readonly string[])[];
  readonly columns: ReadonlyMap<string, FoundColumn>;
};

export type Identity = {
  readonly table: string;
  /** pg_class.relreplident: d primary key, i an index, f the whole row, n nothing. */
  readonly setting: string;
  readonly columns: readonly string[];
};

export type FoundColumn = {
  readonly physical: string;
  readonly neutral: Neutral;
  readonly nullable: boolean;
  readonly generated: 'stored' | 'virtual' | null;
  readonly mayRead: boolean;
};

export async function readServer(connection: Connection): Promise<SourceServer> {
  const [row] = await connection.query(sql`
    select current_setting('server_version_num')::integer as version, current_setting('server_version') as "versionText",
      current_database()::text as database, current_user::text as role,
      current_setting('wal_level') as "walLevel", pg_is_in_recovery() as "isStandby",
      current_setting('hot_standby_feedback') = 'on' as "hasFeedback",
      (select count(*) from pg_stat_replication as r left join pg_stat_activity as a on a.pid = r.pid where a.datid is null)::integer
        as standbys,
      current_setting('server_encoding') as encoding,
      (select count(*) from pg_replication_slots)::integer as "slotsUsed",
      (select count(*) from pg_replication_slots as s where s.database = current_database() and s.slot_name like 'freehold\\_%')::integer
        as "slotsOurs",
      current_setting('max_replication_slots')::integer as "slotsLimit",
      (select count(*) from pg_stat_replication)::integer as "sendersUsed",
      current_setting('max_wal_senders')::integer as "sendersLimit",
      r.rolsuper or r.rolreplication
        or exists (select from pg_roles as g where g.rolname = 'rds_replication' and pg_has_role(g.oid, 'member')) as "mayReplicate",
      r.rolsuper as "isSuperuser", has_database_privilege(current_database(), 'create') as "mayCreate",
      array(select p.schemaname || '.' || p.tablename from pg_publication_tables as p where p.pubname like 'freehold\\_%') as published
    from pg_roles as r
    where r.rolname = current_user`);
  const of: Row = row ?? {};
  return {
    version: Number(of.version),
    versionText: String(of.versionText),
    database: String(of.database),
    role: String(of.role),
    walLevel: String(of.walLevel),
    isStandby: of.isStandby === true,
    hasFeedback: of.hasFeedback === true,
    standbys: Number(of.standbys),
    encoding: String(of.encoding),
    slots: { used: Number(of.slotsUsed), ours: Number(of.slotsOurs), limit: Number(of.slotsLimit) },
    senders: { used: Number(of.sendersUsed), limit: Number(of.sendersLimit) },
    mayReplicate: of.mayReplicate === true,
    isSuperuser: of.isSuperuser === true,
    mayCreate: of.mayCreate === true,
    published: textsOf(of.published),
  };
}

/** In the order of the tables; null where there is no such table. */
export async function readTables(
  connection: Connection,
  tables: readonly SourceTable[],
): Promise<readonly (FoundTable | null)[]> {
  const schemas = value(tables.map((table) => table.schema));
  const names = value(tables.map((table) => table.table));
  const known = await knownTypes(connection);
  const rows = await connection.query(sql`
    select wanted.n, c.oid, c.relkind::text as kind, c.relpersistence = 'u' as "isUnlogged",
      c.relkind = 'r' and exists (select from pg_inherits as h where h.inhparent = c.oid) as "isParent",
      has_schema_privilege(s.oid, 'usage') as "mayUseSchema",
      pg_has_role(c.relowner, 'usage') as "isOwner", pg_get_userbyid(c.relowner)::text as owner,
      row_security_active(c.oid) as "isFiltered",
      (select json_agg(json_build_object('name', t.relid::regclass::text, 'isForeign', p.relkind = 'f',
          'isUnlogged', p.relkind = 'f' or p.relpersistence <> 'p') order by t.relid)
        from pg_partition_tree(c.oid) as t join pg_class as p on p.oid = t.relid
        where c.relkind = 'p' and t.isleaf)::text as partitions,
      (select json_agg(json_build_object('table', ps.nspname || '.' || p.relname, 'setting', p.relreplident,
          'columns', (select json_agg(a.attname order by k.n)
            from pg_index as i, unnest(i.indkey) with ordinality as k(attnum, n), pg_attribute as a
            where i.indrelid = p.oid and case p.relreplident when 'd' then i.indisprimary when 'i' then i.indisreplident else false end
              and k.n <= i.indnkeyatts and a.attrelid = p.oid and a.attnum = k.attnum)) order by p.oid)
        from pg_class as p join pg_namespace as ps on ps.oid = p.relnamespace
        where p.oid = c.oid or c.relkind = 'p' and p.oid in (select t.relid from pg_partition_tree(c.oid) as t where t.isleaf))::text as identities,
      (select json_agg((select json_agg(a.attname)
          from unnest(i.indkey) with ordinality as k(attnum, n), pg_attribute as a
          where k.n <= i.indnkeyatts and a.attrelid = c.oid and a.attnum = k.attnum))
        from pg_index as i
        where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indimmediate and i.indpred is null and i.indexprs is null)::text
        as uniques
    from unnest(${schemas}::text[], ${names}::text[]) with ordinality as wanted(schema, name, n)
    join pg_namespace as s on s.nspname = wanted.schema
    join pg_class as c on c.relnamespace = s.oid and c.relname = wanted.name
    order by wanted.n`);
  const oids = rows.map((row) => String(row.oid));
  const columns = await connection.query(sql`
    select a.attrelid::text as "table", a.attname::text as name, format_type(a.atttypid, a.atttypmod) as physical,
      a.atttypid as type, a.atttypmod as modifier, a.attndims as dimensions, not a.attnotnull as nullable,
      a.attgenerated::text as generated, has_column_privilege(a.attrelid, a.attnum, 'select') as "mayRead"
    from pg_attribute as a
    where a.attrelid = any (${value(oids)}::oid[]) and a.attnum > 0 and not a.attisdropped
    order by a.attrelid, a.attnum`);
  return tables.map((_, at) => {
    const row = rows.find(({ n }) => Number(n) === at + 1);
    if (row === undefined) return null;
    const own = columns.filter(({ table }) => table === String(row.oid));
    return tableOf(row, new Map(own.map((column) => [String(column.name), columnOf(column, known)])));
  });
}

function tableOf(row: Row, columns: ReadonlyMap<string, FoundColumn>): FoundTable {
  return {
    kind: String(row.kind),
    isUnlogged: row.isUnlogged === true,
    isParent: row.isParent === true,
    mayUseSchema: row.mayUseSchema === true,
    isOwner: row.isOwner === true,
    owner: String(row.owner),
    isFiltered: row.isFiltered === true,
    partitions: membersOf(row.partitions).map((of) => ({
      name: String(Reflect.get(of, 'name')),
      isUnlogged: Reflect.get(of, 'isUnlogged') === true,
      isForeign: Reflect.get(of, 'isForeign') === true,
    })),
    identities: membersOf(row.identities).map((of) => ({
      table: String(Reflect.get(of, 'table')),
      setting: String(Reflect.get(of, 'setting')),
      columns: textsOf(Reflect.get(of, 'columns')),
    })),
    uniques: membersOf(row.uniques).map(textsOf),
    columns,
  };
}

function columnOf(row: Row, known: KnownTypes): FoundColumn {
  return {
    physical: String(row.physical),
    neutral: neutralType(known, {
      oid: Number(row.type),
      modifier: Number(row.modifier),
      dimensions: Number(row.dimensions),
      physical: String(row.physical),
    }),
    nullable: row.nullable === true,
    generated: row.generated === 's' ? 'stored' : row.generated === '' ? null : 'virtual',
    mayRead: row.mayRead === true,
  };
}

function membersOf(json: unknown): readonly object[] {
  const parsed: unknown = typeof json === 'string' ? JSON.parse(json) : [];
  return Array.isArray(parsed)
    ? parsed.filter((member): member is object => typeof member === 'object' && member !== null)
    : [];
}

function textsOf(of: unknown): readonly string[] {
  return Array.isArray(of) ? of.map(String) : [];
}
