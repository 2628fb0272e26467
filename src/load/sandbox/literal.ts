import type { CallExpression, Expression, ObjectExpression, Pattern, Property, SpreadElement, Super } from 'acorn';

/**
 * Where the parts of a literal stand: `{ a: [x] }` has a member 'a' with an item 0. Only what is written out has a place;
 * what a spread or a loop makes stands where the thing around it stands.
 */
export type Literal = {
  /** Offset of the member's name, the item or the call. */
  readonly offset: number;
  /** Found when first asked for: most places are never shown. */
  readonly members: () => ReadonlyMap<string, Literal> | null;
};

export function literalOf(node: Expression | SpreadElement | Super | Pattern | null, offset?: number): Literal {
  const at = offset ?? node?.start ?? 0;
  switch (node?.type) {
    case 'ObjectExpression':
      return { offset: at, members: once(() => membersOf(node)) };
    case 'ArrayExpression':
      return { offset: at, members: once(() => itemsOf(node.elements)) };
    // What words pass on item by item: approved('a', 'b'), larger('1GB').to('x').
    case 'CallExpression':
      return { offset: at, members: node.callee.type === 'Identifier' ? once(() => itemsOf(node.arguments)) : nothing };
    case 'ParenthesizedExpression':
      return literalOf(node.expression, offset);
    default:
      return { offset: at, members: nothing };
  }
}

function nothing(): null {
  return null;
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function itemsOf(nodes: readonly (Expression | SpreadElement | null)[]): ReadonlyMap<string, Literal> {
  const items = new Map<string, Literal>();
  for (const [index, node] of nodes.entries()) {
    // From a spread on, the index of an item is not known.
    if (node?.type === 'SpreadElement') break;
    if (node !== null) items.set(String(index), literalOf(node));
  }
  return items;
}

function membersOf(node: ObjectExpression): ReadonlyMap<string, Literal> {
  const members = new Map<string, Literal>();
  for (const property of node.properties) {
    if (property.type === 'SpreadElement') continue;
    const name = nameOf(property);
    if (name !== null) members.set(name, literalOf(property.value, property.start));
  }
  return members;
}

function nameOf(property: Property): string | null {
  if (!property.computed && property.key.type === 'Identifier') return property.key.name;
  return property.key.type === 'Literal' ? String(property.key.value) : null;
}

/** The literals of a word's call, as the members of the noun that the word gives. */
export function nounLiteral(word: string, call: CallExpression): Literal {
  return {
    offset: call.start,
    members: once(() =>
      nounMembers(
        word,
        call.arguments.map((one) => literalOf(one)),
      ),
    ),
  };
}

function nounMembers(word: string, values: readonly Literal[]): ReadonlyMap<string, Literal> {
  const [first, second] = values;
  const body = word === 'table' ? first : values.findLast((value) => value.members() !== null);
  const members = new Map(body?.members() ?? []);
  if (word === 'table' && second !== undefined) members.set('columns', second);
  if (word === 'approvers' && first !== undefined) members.set('users', first);
  if (body !== undefined) {
    // What these words take apart: a container's fields, a schema file's overlays.
    if (!members.has('fields')) members.set('fields', body);
    if (word === 'fromSchema' || word === 'fromContract') members.set('datasets', body);
  }
  return members;
}

/**
 * Columns that are written in their table: they stand there whatever their words say, so that marks at those words, which
 * are most words of a model, would tell nothing.
 */
export function columnCalls(word: string, call: CallExpression): readonly CallExpression[] {
  const columns = word === 'table' ? call.arguments[1] : undefined;
  if (columns?.type !== 'ObjectExpression') return [];
  return columns.properties.flatMap((property) =>
    property.type === 'Property' && property.value.type === 'CallExpression' && nameOf(property) !== null
      ? [property.value]
      : [],
  );
}
