import { ownWords, sqlDialects } from './own/words.ts';
import { strangerIn } from './stranger.ts';
import { isTree, items, member, namesOf, type ParseSql, type Tree } from './tree.ts';

/** A condition on the columns of one table, `country = 'DE'`, as an author writes it: the columns that it looks at. */
export type Condition =
  | { readonly kind: 'columns'; readonly columns: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string };

export function conditionOf(text: string, parse: ParseSql): Condition {
  // On lines of its own: a comment at its end hides nothing of ours.
  const parsed = parse(`select (\n${text}\n)`);
  if (parsed.kind === 'refused') return parsed;
  const select = member(member(parsed.statements[0], 'stmt'), 'SelectStmt');
  const targets = items(select, 'targetList');
  const other = Object.keys(select ?? {}).filter((key) => !['targetList', 'limitOption', 'op'].includes(key));
  // `true) from secrets; select (1` is no condition, though the whole of it would parse.
  if (parsed.statements.length !== 1 || targets.length !== 1 || other.length > 0)
    return { kind: 'refused', reason: 'it is more than a condition' };
  const columns = new Set<string>();
  const refusals: string[] = [];
  const open: unknown[] = [targets[0]];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (Array.isArray(node)) open.push(...node.filter((one: unknown) => one !== undefined));
    if (!isTree(node)) continue;
    if ('SelectStmt' in node) refusals.push('it has a query in it');
    if ('ParamRef' in node) refusals.push('it has a parameter');
    const stranger = strangerOfAll(node);
    if (stranger !== null) refusals.push(`'${stranger}' may look at more than it is given`);
    const reference = member(node, 'ColumnRef');
    if (reference === null) open.push(...Object.values(node).filter((one) => one !== undefined));
    else {
      const [name, ...more] = namesOf(items(reference, 'fields'));
      if (typeof name === 'string' && more.length === 0) columns.add(name);
      else refusals.push('it names more than columns');
    }
  }
  const [reason] = refusals;
  return reason === undefined ? { kind: 'columns', columns: [...columns].sort() } : { kind: 'refused', reason };
}

/** What is no engine's own: nobody says yet which of them sees the condition. */
function strangerOfAll(node: Tree): string | null {
  const strangers = sqlDialects.map((dialect) => strangerIn(node, { ...ownWords(dialect), castsRunCode: true }));
  return strangers.every((one) => one !== null) ? (strangers[0] ?? null) : null;
}
