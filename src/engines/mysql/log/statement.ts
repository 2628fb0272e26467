/** A table by name; the schema is the session's where the statement says none. */
export type Named = { readonly schema: string; readonly table: string };

/** What a statement of the log does, as far as rows of tables go. */
export type Statement =
  | { readonly kind: 'begin' | 'commit' | 'rollback' | 'savepoint' | 'undo' | 'nothing' }
  | { readonly kind: 'xa'; readonly verb: 'start' | 'commit' | 'rollback' | 'other'; readonly xid: string }
  | { readonly kind: 'truncate'; readonly tables: readonly Named[] }
  /** Columns may be others from here on. `takesRows`: rows go or come that the log does not have. */
  | { readonly kind: 'alter'; readonly tables: readonly Named[]; readonly takesRows: boolean }
  /** The tables are gone, or others have come in their place. */
  | { readonly kind: 'replace'; readonly tables: readonly Named[] }
  | { readonly kind: 'drop schema'; readonly schema: string }
  /** Rows were changed by a statement, which the log holds instead of the rows. */
  | { readonly kind: 'write'; readonly tables: readonly Named[] };

const nothing: Statement = { kind: 'nothing' };

/** Reads the beginning of a statement, and as much more as its kind asks. */
export function readStatement(text: string, schema: string): Statement {
  const words = wordsOf(text);
  const word = () => words.peek().toLowerCase();
  const skip = (...any: readonly string[]) => {
    while (any.includes(word())) words.next();
  };
  const table = (): Named => {
    const first = words.next();
    if (words.peek() !== '.') return { schema, table: first };
    words.next();
    return { schema: first, table: words.next() };
  };
  const tables = (): readonly Named[] => {
    const found = [table()];
    while (words.peek() === ',') {
      words.next();
      found.push(table());
    }
    return found;
  };
  const first = words.next().toLowerCase();
  switch (first) {
    case 'begin':
    case 'start':
      return { kind: 'begin' };
    case 'commit':
      return { kind: 'commit' };
    case 'rollback':
      return { kind: word() === 'to' ? 'undo' : 'rollback' };
    case 'savepoint':
    case 'release':
      return { kind: 'savepoint' };
    case 'xa':
      return xa(text);
    case 'truncate':
      skip('table');
      return { kind: 'truncate', tables: tables() };
    case 'alter': {
      skip('online', 'ignore');
      if (word() !== 'table') return nothing;
      words.next();
      skip('if', 'exists');
      const altered = table();
      return altering(words, altered, table);
    }
    case 'rename': {
      if (!['table', 'tables'].includes(word())) return nothing;
      words.next();
      const found: Named[] = [];
      do {
        skip('if', 'exists');
        found.push(table());
        while (word() !== 'to' && word() !== '') words.next();
        words.next();
        found.push(table());
      } while (words.next() === ',');
      return { kind: 'replace', tables: found };
    }
    case 'drop': {
      if (['schema', 'database'].includes(word())) {
        words.next();
        skip('if', 'exists');
        return { kind: 'drop schema', schema: words.next() };
      }
      if (!['table', 'tables'].includes(word())) return nothing;
      words.next();
      skip('if', 'exists');
      return { kind: 'replace', tables: tables() };
    }
    case 'create': {
      const isReplacing = word() === 'or';
      skip('or', 'replace');
      if (word() !== 'table') return nothing;
      words.next();
      skip('if', 'not', 'exists');
      const tables = [table()];
      return isReplacing ? { kind: 'replace', tables } : { kind: 'alter', tables, takesRows: false };
    }
    case 'insert':
    case 'replace':
    case 'update':
    case 'delete':
    case 'load':
      return { kind: 'write', tables: written(first, text, schema) };
    default:
      return nothing;
  }
}

/** Names that may be the tables that a statement writes: for one of a single table its own, else all that it names. */
function written(verb: string, text: string, schema: string): readonly Named[] {
  const words = wordsOf(text);
  const found: Named[] = [];
  const mayStop = verb === 'insert' || verb === 'replace';
  let before = '';
  for (let word = words.next(); word !== ''; word = words.next()) {
    if (words.peek() === '.') {
      words.next();
      found.push({ schema: word, table: words.next() });
    } else if (/^[\w$\u0080-\uffff]/.test(word)) found.push({ schema, table: word });
    // insert into t (...) select ... from u: u is only read.
    if (mayStop && (before.toLowerCase() === 'into' || words.peek() === '(')) break;
    before = word;
  }
  return found;
}

/** The rest of `alter table t`. */
function altering(words: Words, altered: Named, table: () => Named): Statement {
  let takesRows = false;
  let before = '';
  for (let word = words.next(); word !== ''; word = words.next()) {
    const lower = word.toLowerCase();
    if (before === 'rename' && !['column', 'index', 'key'].includes(lower)) {
      const isWord = ['to', 'as', '='].includes(lower);
      const renamed = isWord ? table() : { ...altered, table: word };
      return { kind: 'replace', tables: [altered, renamed] };
    }
    if (lower === 'partition' || lower === 'tablespace') takesRows ||= rowsGoBy.has(before);
    before = lower;
  }
  return { kind: 'alter', tables: [altered], takesRows };
}

const rowsGoBy: ReadonlySet<string> = new Set(['drop', 'truncate', 'exchange', 'discard', 'import', 'convert']);

/** `xa commit X'71',X'',1` -> its id in lower case, as both servers write it. */
function xa(text: string): Statement {
  const [, verb = '', xid = ''] = /^\s*xa\s+(\w+)\s*(.*?)(?:\s+one\s+phase)?\s*$/is.exec(text) ?? [];
  const named = verb.toLowerCase();
  return {
    kind: 'xa',
    verb:
      named === 'start' || named === 'begin' ? 'start' : named === 'commit' || named === 'rollback' ? named : 'other',
    xid: xid.toLowerCase().replaceAll(/\s/g, ''),
  };
}

type Words = ReturnType<typeof wordsOf>;

/** Words, quoted names without their quotes, and signs, one after the other; '' at the end. Comments and texts are left out. */
function wordsOf(text: string) {
  const next =
    /\s+|\/\*!\d*|\/\*M!\d*|\/\*[\s\S]*?\*\/|\*\/|--[ \t][^\n]*|#[^\n]*|`((?:[^`]|``)*)`|"((?:[^"]|"")*)"|'(?:[^'\\]|\\.|'')*'|([\w$\u0080-\uffff]+)|(.)/gsuy;
  let ahead: string | null = null;
  const read = (): string => {
    for (;;) {
      const match = next.exec(text);
      if (match === null) return '';
      const [, ticked, quoted, word, sign] = match;
      if (ticked !== undefined) return ticked.replaceAll('``', '`');
      if (quoted !== undefined) return quoted.replaceAll('""', '"');
      const found = word ?? sign;
      if (found !== undefined) return found;
    }
  };
  return {
    peek: (): string => {
      ahead ??= read();
      return ahead;
    },
    next: (): string => {
      const found = ahead ?? read();
      ahead = null;
      return found;
    },
  };
}
