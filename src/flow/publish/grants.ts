import { type Connection, EngineError } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';
import type { PublishNode } from '../../plan/plan.ts';
import { literal, name, type Sql, sql, value } from '../../sql/sql.ts';
import { Blocked } from './blocked.ts';

type Group = Pick<PublishNode, 'group' | 'scope' | 'schema' | 'role'>;

/** Roles are the whole server's: the note says whose it is, so that two environments never share one unseen. */
function noteOf({ group, scope }: Group): string {
  return `freehold: readers of ${group} in ${scope}`;
}

/** The group's role: nobody logs in as it, and it may nothing but read its schema. */
export async function ensureRole(c: Connection, node: Group): Promise<readonly Finding[]> {
  const [row] = await c.query(sql`select shobj_description(oid, 'pg_authid') as note,
      rolcanlogin or rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as more
    from pg_roles where rolname = ${value(node.role)}`);
  if (row === undefined) {
    if (!(await isAllowed(c, sql`create role ${name(node.role)} nologin`))) throw mayNotCreate(node);
    await c.execute(sql`comment on role ${name(node.role)} is ${literal(noteOf(node))}`);
    return [];
  }
  if (row.note !== noteOf(node))
    throw new Blocked({
      rule: 'role-not-ours',
      address: node.group,
      message: `role '${node.role}' is there already${typeof row.note === 'string' ? ` ('${row.note}')` : ''} and is not the one of group '${node.group}' in '${node.scope}', so nothing was published. Roles belong to the whole server.`,
      help: `Rename that role or the group, or give the environment a server of its own. If it is the group's own:  comment on role "${node.role}" is '${noteOf(node)}';`,
    });
  if (row.more !== true) return [];
  await c.execute(
    sql`alter role ${name(node.role)} nologin nosuperuser nocreaterole nocreatedb noreplication nobypassrls`,
  );
  return [
    warning(node, {
      rule: 'role-narrowed',
      message: `role '${node.role}' could do more than read its group's views, and no longer can.`,
      help: 'Grant such rights to another role.',
    }),
  ];
}

/** Grants on the schema and our objects, to the role alone; any other grant on them is taken back and reported. */
export async function grantObjects(c: Connection, node: Group): Promise<readonly Finding[]> {
  const rows = await c.query(sql`
    with ours as (
      select 'schema' as kind, nspname::text as name, 'USAGE' as needed, nspowner as owner,
        coalesce(nspacl, acldefault('n', nspowner)) as acl from pg_namespace where nspname = ${value(node.schema)}
      union all
      select 'table', relname::text, 'SELECT', relowner, coalesce(relacl, acldefault('r', relowner)) from pg_class
        where relnamespace = (select oid from pg_namespace where nspname = ${value(node.schema)})
          and relkind = 'v' and obj_description(oid, 'pg_class') like 'freehold %'
      union all
      select 'function', proname::text, 'EXECUTE', proowner, coalesce(proacl, acldefault('f', proowner)) from pg_proc
        where pronamespace = (select oid from pg_namespace where nspname = ${value(node.schema)})
          and obj_description(oid, 'pg_proc') like 'freehold %')
    select o.kind, o.name, o.needed, a.privilege_type as privilege, case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee)::text end as grantee
    from ours o left join lateral (select * from aclexplode(o.acl) x where x.grantee <> o.owner) a on true
    order by o.kind, o.name`);
  const findings: Finding[] = [];
  const objects = new Map(rows.map((row) => [`${String(row.kind)} ${String(row.name)}`, row]));
  for (const [key, { kind, name: of, needed }] of objects) {
    const held = rows.filter((row) => `${String(row.kind)} ${String(row.name)}` === key && row.grantee !== null);
    const on = objectSql(String(kind), node.schema, String(of));
    const extra = held.filter((row) => row.grantee !== node.role || row.privilege !== needed);
    for (const grantee of new Set(extra.map((row) => String(row.grantee)))) {
      await c.execute(sql`revoke all on ${on} from ${granteeSql(grantee)}`);
      // A new function is everybody's in PostgreSQL, until its maker says otherwise: that is no news.
      if (!(grantee === 'public' && kind === 'function'))
        findings.push(
          warning(node, {
            rule: 'grant-taken-back',
            message: `'${grantee}' had rights on ${String(kind)} '${String(of)}' of group '${node.group}' that its workspace does not grant; they were taken back.`,
            help: `Add the reader to the workspace's  readers  instead.`,
          }),
        );
    }
    const isWhole = held.some((row) => row.grantee === node.role && row.privilege === needed);
    const wasRevoked = extra.some((row) => row.grantee === node.role);
    if (!isWhole || wasRevoked)
      await c.execute(sql`grant ${privilegeSql(String(kind))} on ${on} to ${name(node.role)}`);
  }
  return findings;
}

/**
 * `user:ana` and `group:bi` are the database's roles 'ana' and 'bi', which are its administrators' to make: a reader who
 * has none is a warning with the SQL. Members that are no readers of the workspace leave the role.
 */
export async function grantReaders(c: Connection, node: PublishNode): Promise<readonly Finding[]> {
  const wanted = new Map(node.readers.map((reader) => [reader.slice(reader.indexOf(':') + 1), reader]));
  const known = await c.query(sql`select r.rolname::text as name, r.rolname = current_user as is_us,
      exists (select from pg_auth_members m where m.member = r.oid
        and m.roleid = (select oid from pg_roles where rolname = ${value(node.role)})) as is_member
    from pg_roles r`);
  const findings: Finding[] = [];
  for (const row of known) {
    const role = String(row.name);
    // The role's maker is its member in recent versions, so that it may grant it on.
    if (row.is_us === true) continue;
    if (row.is_member === true && !wanted.has(role)) {
      await c.execute(sql`revoke ${name(node.role)} from ${name(role)}`);
      findings.push(
        warning(node, {
          rule: 'reader-removed',
          message: `'${role}' was a member of role '${node.role}' and is no reader of group '${node.group}'; it no longer is a member.`,
          help: `Add the reader to the workspace's  readers, where it should be one.`,
        }),
      );
    }
    if (row.is_member !== true && wanted.has(role)) {
      if (await isAllowed(c, sql`grant ${name(node.role)} to ${name(role)}`)) continue;
      findings.push(
        warning(node, {
          rule: 'grant-not-allowed',
          message: `freehold may not make '${role}' a member of role '${node.role}', so it cannot read group '${node.group}' yet.`,
          help: `Ask the database's administrator:  grant ${quoted(node.role)} to ${quoted(role)};`,
        }),
      );
    }
  }
  const names = new Set(known.map((row) => String(row.name)));
  for (const [role, reader] of wanted)
    if (!names.has(role))
      findings.push(
        warning(node, {
          rule: 'reader-without-role',
          message: `reader '${reader}' of group '${node.group}' has no role '${role}' in the database, so it cannot read there yet.`,
          help: `Ask the database's administrator:  create role ${quoted(role)}${reader.startsWith('user:') ? ' login' : ''}; grant ${quoted(node.role)} to ${quoted(role)};`,
        }),
      );
  return findings;
}

/** The tables beneath, and our bookkeeping, are closed to all but their owner. */
export async function closeBaseSchemas(c: Connection, node: PublishNode): Promise<readonly Finding[]> {
  const schemas = [...new Set(['freehold', ...node.views.map(({ table }) => table.schema)])];
  const findings: Finding[] = [];
  for (const schema of schemas) {
    const rows =
      await c.query(sql`select case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee)::text end as grantee
      from pg_namespace n, lateral aclexplode(n.nspacl) a
      where n.nspname = ${value(schema)} and (a.grantee = 0 or a.grantee = (select oid from pg_roles where rolname = ${value(node.role)}))`);
    for (const grantee of new Set(rows.map((row) => String(row.grantee)))) {
      await c.execute(sql`revoke all on schema ${name(schema)} from ${granteeSql(grantee)}`);
      findings.push(
        warning(node, {
          rule: 'grant-taken-back',
          message: `'${grantee}' could enter schema '${schema}', whose tables only freehold reads; it no longer can.`,
          help: 'Read through the views of a workspace.',
        }),
      );
    }
  }
  return findings;
}

/** The role goes unless rights elsewhere hang on it, such as those of the same group in another database of the server. */
export async function dropRole(c: Connection, group: Group): Promise<readonly Finding[]> {
  const [row] = await c.query(sql`select shobj_description(oid, 'pg_authid') as note,
      exists (select from pg_shdepend d where d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid) as is_used
    from pg_roles r where rolname = ${value(group.role)}`);
  if (row === undefined || row.note !== noteOf(group) || row.is_used === true) return [];
  await c.execute(sql`drop role ${name(group.role)}`);
  return [];
}

/** Runs a statement; false, and nothing changed, where our account has not the right to. */
async function isAllowed(c: Connection, statement: Sql): Promise<boolean> {
  await c.execute(sql`savepoint fh_right`);
  try {
    await c.execute(statement);
    await c.execute(sql`release savepoint fh_right`);
    return true;
  } catch (failure) {
    if (!(failure instanceof EngineError) || failure.code !== '42501') throw failure;
    await c.execute(sql`rollback to savepoint fh_right`);
    return false;
  }
}

function mayNotCreate(node: Group): Blocked {
  return new Blocked({
    rule: 'role-not-allowed',
    address: node.group,
    message: `freehold's account may not create role '${node.role}', which the readers of group '${node.group}' need, so nothing was published.`,
    help: `Ask the database's administrator:  create role ${quoted(node.role)}; comment on role ${quoted(node.role)} is '${noteOf(node)}';  and, so that freehold can admit readers,  grant ${quoted(node.role)} to <freehold's account> with admin option;`,
  });
}

function objectSql(kind: string, schema: string, of: string): Sql {
  return kind === 'schema'
    ? sql`schema ${name(schema)}`
    : kind === 'function'
      ? sql`function ${name(schema, of)}(timestamp with time zone)`
      : sql`${name(schema, of)}`;
}

function privilegeSql(kind: string): Sql {
  return kind === 'schema' ? sql`usage` : kind === 'function' ? sql`execute` : sql`select`;
}

function granteeSql(grantee: string): Sql {
  return grantee === 'public' ? sql`public` : sql`${name(grantee)}`;
}

function quoted(role: string): string {
  return `"${role.replaceAll('"', '""')}"`;
}

function warning(
  node: Group,
  draft: { readonly rule: string; readonly message: string; readonly help: string },
): Finding {
  return finding({ ...draft, severity: 'warning', address: node.group });
}
