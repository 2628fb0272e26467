import type { Identifier, Literal, Pattern, Program } from 'acorn';

/** One import or re-export of a model file. */
export type Import = {
  readonly specifier: string;
  readonly offset: number;
  /** What it names there; empty for `import './x.ts'`, `import * as x` and `export * from`. */
  readonly names: readonly { readonly name: string; readonly offset: number }[];
};

/** Names that a file exports; null where `export * from` or a syntax error leaves them unknown. */
export type Exports = ReadonlySet<string> | null;

export type Links = {
  readonly imports: readonly Import[];
  readonly exports: Exports;
  /** Local name -> word of the language. */
  readonly words: ReadonlyMap<string, string>;
  /** Local names of `import * as x from 'freehold'`. */
  readonly namespaces: ReadonlySet<string>;
};

export function importsOf(program: Program): Links {
  const imports: Import[] = [];
  const words = new Map<string, string>();
  const namespaces = new Set<string>();
  const exports = new Set<string>();
  let isOpen = false;
  for (const node of program.body) {
    switch (node.type) {
      case 'ImportDeclaration': {
        const specifier = String(node.source.value);
        const names: { name: string; offset: number }[] = [];
        for (const one of node.specifiers) {
          if (one.type === 'ImportNamespaceSpecifier') {
            if (specifier === 'freehold') namespaces.add(one.local.name);
            continue;
          }
          const name = one.type === 'ImportDefaultSpecifier' ? 'default' : nameOf(one.imported);
          names.push({ name, offset: one.start });
          if (specifier === 'freehold') words.set(one.local.name, name);
        }
        imports.push({ specifier, offset: node.source.start, names });
        break;
      }
      case 'ExportAllDeclaration':
        imports.push({ specifier: String(node.source.value), offset: node.source.start, names: [] });
        if (node.exported) exports.add(nameOf(node.exported));
        else isOpen = true;
        break;
      case 'ExportNamedDeclaration':
        for (const one of node.specifiers) exports.add(nameOf(one.exported));
        if (node.source) {
          imports.push({
            specifier: String(node.source.value),
            offset: node.source.start,
            names: node.specifiers.map((one) => ({ name: nameOf(one.local), offset: one.start })),
          });
        }
        if (node.declaration?.type === 'VariableDeclaration') {
          for (const { id } of node.declaration.declarations) for (const name of bound(id)) exports.add(name);
        } else if (node.declaration) exports.add(node.declaration.id.name);
        break;
      case 'ExportDefaultDeclaration':
        exports.add('default');
        break;
      default:
        break;
    }
  }
  return { imports, exports: isOpen ? null : exports, words, namespaces };
}

function nameOf(node: Identifier | Literal): string {
  return node.type === 'Identifier' ? node.name : String(node.value);
}

function bound(pattern: Pattern): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name];
    case 'ObjectPattern':
      return pattern.properties.flatMap((p) => bound(p.type === 'RestElement' ? p.argument : p.value));
    case 'ArrayPattern':
      return pattern.elements.flatMap((e) => (e === null ? [] : bound(e)));
    case 'RestElement':
      return bound(pattern.argument);
    case 'AssignmentPattern':
      return bound(pattern.left);
    default:
      return [];
  }
}
