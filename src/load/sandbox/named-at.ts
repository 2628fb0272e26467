import type { Node, Program } from 'acorn';

/** Where a program first uses a name as a value, at an offset or after it; null where it does not. */
export function namedAt(program: Program, name: string, from: number): number | null {
  let found: number | null = null;
  const visit = (node: Node): void => {
    if (node.end < from || (found !== null && found < node.start)) return;
    if (node.type === 'Identifier' && 'name' in node && node.name === name && node.start >= from)
      found = Math.min(found ?? node.start, node.start);
    for (const [member, value] of Object.entries(node)) {
      if (isOnlyAName(node, member)) continue;
      const parts: readonly unknown[] = Array.isArray(value) ? value : [value];
      for (const part of parts) if (isNode(part)) visit(part);
    }
  };
  visit(program);
  return found;
}

/** `a.name`, `{ name: a }`: what is named so there is no value of its own. */
function isOnlyAName(node: Node, member: string): boolean {
  const isComputed = 'computed' in node && node.computed === true;
  return (
    !isComputed && (member === 'property' || (member === 'key' && !('shorthand' in node && node.shorthand === true)))
  );
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value && 'end' in value;
}
