import { systemClock } from '../../base/clock.ts';
import type { Connection } from '../../engine/connection.ts';
import { EngineError, type Row } from '../../engine/connection.ts';
import { engineFacts } from '../../engines/facts.ts';
import type { PublishNode } from '../../plan/plan.ts';
import { containersOf } from '../../run/containers.ts';
import { secretsOf } from '../../run/secrets.ts';
import { name, type Sql, sql } from '../../sql/sql.ts';
import { planFor } from '../environment.ts';
import { type ExitStatus, UseError } from '../exit.ts';
import { type Output, tableText } from '../output.ts';
import { modelOrFindings, openProject, tellRefusal } from '../project.ts';

/** Asks through a group's views, as its readers' role where the engine has roles, read-only. */
export async function queryCommand(
  workspace: string,
  statement: string,
  options: { readonly dir?: string; readonly env: string },
  output: Output,
): Promise<ExitStatus> {
  const project = await openProject(options.dir, systemClock);
  const model = modelOrFindings(project, output);
  if (model === null) return 1;
  const { plan, findings } = planFor(model, options.env);
  if (plan === null) return tellRefusal(findings, project, output);
  const node = groupNamed(
    plan.nodes.filter((other) => other.kind === 'publish'),
    workspace,
  );
  await using containers = containersOf(plan.containers, {
    root: project.root,
    secrets: secretsOf(project.root, process.env),
  });
  await using connection = await containers.connect(node.container, `query ${node.group}`);
  const rows = await asReader(connection, node, () => connection.query(asTyped(statement))).catch((error: unknown) => {
    if (!(error instanceof EngineError)) throw error;
    if (error.kind === 'denied')
      throw new UseError(`${error.message}. A query only reads, and only these.\n${whatThereIs(node)}`);
    if (error.kind === 'statement' || error.kind === 'missing')
      throw new UseError(`${error.message}\n${whatThereIs(node)}`);
    throw error;
  });
  output.document({ version: 1, group: node.group, rows: rows.map(jsonRow) });
  output.result(rowsText(rows));
  return 0;
}

/** Runs work in a read-only transaction as the group's reader, with its schema first. */
export async function asReader<T>(connection: Connection, node: PublishNode, work: () => Promise<T>): Promise<T> {
  const hasUsers = engineFacts[connection.dialect.engine]?.users === true;
  return connection.transaction(
    async () => {
      try {
        if (hasUsers) {
          await connection.execute(sql`set local role ${name(node.role)}`);
          await connection.execute(sql`set local search_path to ${name(node.schema)}`);
        } else {
          await connection.execute(sql`use ${name(node.schema)}`);
        }
      } catch (error) {
        if (!(error instanceof EngineError) || (error.kind !== 'missing' && error.kind !== 'statement')) throw error;
        throw new UseError(`The views of ${node.group} are not published here yet. Begin with  freehold run --once`);
      }
      return work();
    },
    { readOnly: true },
  );
}

/** A person's own statement, as they typed it: it runs as the reader, who can do nothing but read the views. */
function asTyped(statement: string): Sql {
  return { kind: 'sql', texts: [statement.replace(/;\s*$/, '')], holes: [] };
}

/** `retail/insight/reporting.dashboard`, or the workspace alone where it has one group; the last names are enough where they are unique. */
export function groupNamed(groups: readonly PublishNode[], text: string): PublishNode {
  const matching = groups.filter(({ group }) => {
    const workspace = group.slice(0, group.indexOf('.'));
    return [group, workspace].some((address) => address === text || address.endsWith(`/${text}`));
  });
  const [only, ...more] = matching;
  if (only !== undefined && more.length === 0) return only;
  const known = (only === undefined ? groups : matching).map(({ group }) => `  ${group}`).join('\n');
  throw new UseError(
    only === undefined
      ? `No group '${text}' is served in this environment. There are:\n${known}`
      : `'${text}' has several groups. Choose one:\n${known}`,
  );
}

function whatThereIs(node: PublishNode): string {
  const views = node.views.map((view) => `  ${view.name} (${view.columns.join(', ')})`);
  return `Views of ${node.group}:\n${views.join('\n')}`;
}

/** What JSON has no word for is text, as in the table. */
function jsonRow(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [
      column,
      Buffer.isBuffer(value) || typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))
        ? cellText(value)
        : value,
    ]),
  );
}

function rowsText(rows: readonly Row[]): string {
  const head = Object.keys(rows[0] ?? {});
  if (head.length === 0) return '(no rows)';
  return tableText(
    rows.map((row) => head.map((column) => cellText(row[column]))),
    head,
  );
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? '');
}
