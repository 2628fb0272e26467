import { digestText } from '../../base/digest.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import type { PublishNode, View } from '../../plan/plan.ts';
import { render } from '../../sql/render.ts';
import { literal, name, type Sql, sql, value } from '../../sql/sql.ts';
import { briefly } from '../locks.ts';
import { asItRests } from '../versions.ts';
import { Blocked, orBlocked } from './blocked.ts';
import { closeBaseSchemas, dropRole, ensureRole, grantObjects, grantReaders } from './grants.ts';
import { objectsOf, type WantedObject } from './objects.ts';
import { postgresSpelling } from './postgres.ts';

type Group = Pick<PublishNode, 'group' | 'scope' | 'schema' | 'role'>;

/**
 * One transaction. Before: any earlier set of our objects in the group's schema, or none. After: exactly the wanted ones,
 * granted to the group's role alone. Our objects are known by their comment, which holds the digest of what made them and
 * of what the catalogue says they are: an object that somebody has changed is made again, one of somebody else's never.
 */
export function publishInPostgres(c: Connection, node: PublishNode): Promise<readonly Finding[]> {
  return orBlocked(() => briefly(c, schemasOf(node), () => publishWithinPostgres(c, node)));
}

/** The same, in the caller's transaction; throws Blocked. */
export async function publishWithinPostgres(c: Connection, node: PublishNode): Promise<readonly Finding[]> {
  await oneAtATime(c, node);
  await ensureSchema(c, node);
  const roleFindings = await ensureRole(c, node);
  const views: View[] = [];
  for (const view of node.views) views.push({ ...view, table: await asItRests(c, view.table) });
  const wanted = objectsOf(c, { ...node, views }, postgresSpelling);
  const existing = await existingObjects(c, node.schema);
  const gone = existing.filter((old) => old.isOurs && !wanted.some((object) => isSame(object, old)));
  for (const old of inDropOrder(gone)) await drop(c, node, old);
  for (const object of wanted) await make(c, node, object, existing);
  return [
    ...roleFindings,
    ...(await grantObjects(c, node)),
    ...(await grantReaders(c, node)),
    ...(await closeBaseSchemas(c, node)),
  ];
}

function schemasOf({ schema, views }: PublishNode): readonly string[] {
  return [...new Set([schema, ...views.map(({ table }) => table.schema)])];
}

/** Takes a group's objects away, to be made again in the caller's transaction; throws Blocked. */
export async function dropWithinPostgres(c: Connection, group: Group): Promise<void> {
  await oneAtATime(c, group);
  if ((await schemaNote(c, group)) !== noteOf(group)) return;
  for (const old of inDropOrder((await existingObjects(c, group.schema)).filter(({ isOurs }) => isOurs)))
    await drop(c, group, old);
}

/** One transaction: our objects go, the schema where nothing else is in it, the role where nothing else hangs on it. */
export function unpublishInPostgres(c: Connection, group: Group): Promise<readonly Finding[]> {
  return orBlocked(() =>
    briefly(c, [group.schema], async () => {
      await oneAtATime(c, group);
      if ((await schemaNote(c, group)) !== noteOf(group)) return [];
      for (const old of inDropOrder((await existingObjects(c, group.schema)).filter(({ isOurs }) => isOurs)))
        await drop(c, group, old);
      await orDependants(c, group, `schema '${group.schema}'`, sql`drop schema ${name(group.schema)}`);
      return dropRole(c, group);
    }),
  );
}

async function oneAtATime(c: Connection, { schema }: Group): Promise<void> {
  await c.query(sql`select pg_advisory_xact_lock(${value(0x46485042)}, hashtext(${value(schema)}))`);
}

function noteOf({ group }: Group): string {
  return `freehold: views of ${group}`;
}

async function schemaNote(c: Connection, { schema }: Group): Promise<string | null | undefined> {
  const [row] = await c.query(
    sql`select obj_description(oid, 'pg_namespace') as note from pg_namespace where nspname = ${value(schema)}`,
  );
  return row === undefined ? undefined : typeof row.note === 'string' ? row.note : null;
}

async function ensureSchema(c: Connection, group: Group): Promise<void> {
  const note = await schemaNote(c, group);
  if (note === noteOf(group)) return;
  if (note !== undefined)
    throw new Blocked({
      rule: 'schema-not-ours',
      address: group.group,
      message: `schema '${group.schema}' is there already and is not the one that freehold made for group '${group.group}', so nothing was published.`,
      help: `Rename that schema, or the group. If it is the group's own:  comment on schema "${group.schema}" is '${noteOf(group)}';`,
    });
  await c.execute(sql`create schema ${name(group.schema)}`);
  await c.execute(sql`comment on schema ${name(group.schema)} is ${literal(noteOf(group))}`);
}

type Existing = {
  readonly kind: 'view' | 'function' | 'relation';
  readonly name: string;
  readonly arguments: string | null;
  readonly isOurs: boolean;
  readonly note: string;
  readonly body: string;
};

async function existingObjects(c: Connection, schema: string): Promise<readonly Existing[]> {
  const rows = await c.query(sql`
    select case relkind when 'v' then 'view' else 'relation' end as kind, relname::text as name, null as arguments,
      coalesce(obj_description(oid, 'pg_class'), '') as note, case relkind when 'v' then md5(pg_get_viewdef(oid)) end as body
    from pg_class where relnamespace = (select oid from pg_namespace where nspname = ${value(schema)})
      and relkind in ('r', 'v', 'm', 'f', 'p', 'S')
    union all
    select 'function', proname::text, pg_get_function_identity_arguments(oid),
      coalesce(obj_description(oid, 'pg_proc'), ''), md5(pg_get_functiondef(oid))
    from pg_proc where pronamespace = (select oid from pg_namespace where nspname = ${value(schema)}) and prokind = 'f'`);
  return rows.map((row) => ({
    kind: row.kind === 'view' ? 'view' : row.kind === 'function' ? 'function' : 'relation',
    name: String(row.name),
    arguments: typeof row.arguments === 'string' ? row.arguments.replace(/^instant /, '') : null,
    isOurs: String(row.note).startsWith('freehold '),
    note: String(row.note),
    body: String(row.body),
  }));
}

function isSame(wanted: WantedObject, old: Existing): boolean {
  return wanted.name === old.name && wanted.kind === old.kind && wanted.arguments === old.arguments;
}

async function make(
  c: Connection,
  node: PublishNode,
  object: WantedObject,
  existing: readonly Existing[],
): Promise<void> {
  const taken = existing.find(
    (old) => old.name === object.name && (object.kind === 'view' ? old.kind !== 'function' : isSame(object, old)),
  );
  if (taken !== undefined && !taken.isOurs)
    throw new Blocked({
      rule: 'object-not-ours',
      address: node.group,
      message: `'${node.schema}.${object.name}' is there already and is not freehold's, so nothing was published.`,
      help: 'Rename it, or move it to another schema.',
    });
  const digest = digestText(render(object.create, c.dialect).text).slice(0, 16);
  if (taken !== undefined && taken.note === `freehold ${digest} ${taken.body}`) return;
  if (!(await replaced(c, object.create))) {
    if (taken !== undefined) {
      // What is bound to it of ours is made again in its turn.
      const bound = existing.filter(
        (old) => old.isOurs && old.kind === 'function' && old.name === object.name.replace(/_history$/, '_as_of'),
      );
      for (const old of object.kind === 'view' ? bound : []) await drop(c, node, old);
      await drop(c, node, taken);
    }
    await c.execute(object.create);
  }
  const made = (await existingObjects(c, node.schema)).find((old) => isSame(object, old));
  await c.execute(
    sql`comment on ${identity(node.schema, object)} is ${literal(`freehold ${digest} ${made?.body ?? ''}`)}`,
  );
}

/** Another shape: columns other than more at the end, or another type of result. */
const otherShape = new Set(['42P16', '42P13', '42809']);

/** Makes or replaces in place, which keeps what depends on it; false where its shape is another. */
async function replaced(c: Connection, create: Sql): Promise<boolean> {
  await c.execute(sql`savepoint fh_replace`);
  try {
    await c.execute(create);
    await c.execute(sql`release savepoint fh_replace`);
    return true;
  } catch (failure) {
    if (!(failure instanceof EngineError) || !otherShape.has(failure.code ?? '')) throw failure;
    await c.execute(sql`rollback to savepoint fh_replace`);
    return false;
  }
}

function identity(schema: string, object: Pick<Existing, 'kind' | 'name'>): Sql {
  return object.kind === 'function'
    ? sql`function ${name(schema, object.name)}(timestamp with time zone)`
    : sql`view ${name(schema, object.name)}`;
}

/** What is bound to others comes first: functions to views, and `_as_of` to `_ordinal_at`. */
function inDropOrder(objects: readonly Existing[]): readonly Existing[] {
  const rank = ({ kind, name: of }: Existing) => (kind !== 'function' ? 2 : of.endsWith('_as_of') ? 0 : 1);
  return objects.toSorted((a, b) => rank(a) - rank(b));
}

/** Never cascades: what others have built on it stands in the way, and is named. */
async function drop(c: Connection, group: Group, object: Existing): Promise<void> {
  await orDependants(
    c,
    group,
    `'${group.schema}.${object.name}'`,
    sql`drop ${object.kind === 'function' ? sql`function if exists` : sql`view if exists`} ${
      object.kind === 'function'
        ? sql`${name(group.schema, object.name)}(timestamp with time zone)`
        : name(group.schema, object.name)
    }`,
  );
}

async function orDependants(c: Connection, group: Group, what: string, statement: Sql): Promise<void> {
  try {
    await c.execute(statement);
  } catch (failure) {
    if (!(failure instanceof EngineError) || failure.code !== '2BP01') throw failure;
    const { cause } = failure;
    const detail =
      typeof cause === 'object' && cause !== null && 'detail' in cause && typeof cause.detail === 'string'
        ? cause.detail.replaceAll('\n', '; ')
        : failure.message;
    throw new Blocked({
      rule: 'has-dependants',
      address: group.group,
      message: `${what} must be dropped to be made anew or to go, and others have built on it: ${detail}. Nothing was changed.`,
      help: 'Drop or change what depends on it, then apply again. freehold never drops what it did not make.',
    });
  }
}
