import type { Model } from '../model/model.ts';
import type { ParsedSql, ParseSql } from '../sql/lineage/tree.ts';
import { isTree, items } from '../sql/lineage/tree.ts';

/** Longer queries than anybody reads; the parser's work and depth stay within bounds. */
const maxCharacters = 20_000;

/**
 * PostgreSQL's own parser, in WebAssembly: text in, tree out. It is loaded when somebody asks for it, since only
 * transformers and row filters have SQL; once it is there, parsing waits for nothing.
 */
export async function sqlParser(): Promise<ParseSql> {
  const { loadModule, parseSync, SqlError } = await import('libpg-query');
  await loadModule();
  let isSpent = false;
  return (text): ParsedSql => {
    if (text.trim() === '') return { kind: 'refused', reason: 'it is empty' };
    if (text.includes('\u0000')) return { kind: 'refused', reason: 'it has a character NUL in it' };
    if (text.length > maxCharacters)
      return { kind: 'refused', reason: `it is longer than ${maxCharacters} characters` };
    if (isSpent) return { kind: 'refused', reason: 'another query was too deep for the parser' };
    try {
      const tree: unknown = parseSync(text);
      return { kind: 'parsed', statements: items(tree, 'stmts').filter(isTree) };
    } catch (error) {
      if (error instanceof SqlError) return { kind: 'refused', reason: error.message };
      // It ran out of stack in the middle of its work: what it would say from now on is not to be trusted.
      isSpent = true;
      return { kind: 'refused', reason: 'it is nested too deeply' };
    }
  };
}

/** The parser, where there is anything to parse. */
export async function sqlWhere(isThere: boolean): Promise<{ readonly parseSql?: ParseSql }> {
  return isThere ? { parseSql: await sqlParser() } : {};
}

/** Is there anything in the model to parse? */
export function hasSql({ transformers, workspaces }: Model): boolean {
  const readers = [
    ...Object.values(transformers).map(({ reads }) => Object.values(reads)),
    ...Object.values(workspaces).flatMap(({ groups }) => Object.values(groups).map(({ read }) => read)),
  ];
  return (
    Object.values(transformers).some(({ code }) => code.kind === 'sql') ||
    readers.some((references) => references.some(({ rows }) => rows !== undefined))
  );
}
