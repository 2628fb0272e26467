import type { Connection } from '../../../engine/connection.ts';
import { sql, words } from '../../../sql/sql.ts';

/** How the bytes of a text in the log become UTF-8. */
export type Encoding =
  | { readonly kind: 'utf8' }
  /** UTF-8 of each byte. */
  | { readonly kind: 'bytes'; readonly table: readonly Buffer[] }
  | { readonly kind: 'decoder'; readonly decode: (bytes: Buffer) => string };

/** Character sets of the source, asked of it when first met, so that a text is what the server itself would send. */
export type Charsets = {
  /** The character set of a collation by number; `binary` of bytes. */
  charsetOf(collation: number): Promise<string | null>;
  /** Null: of more than one byte a character, and none that is read here. */
  encodingOf(charset: string): Promise<Encoding | null>;
};

export function charsetsOf(source: Connection): Charsets {
  const encodings = new Map<string, Promise<Encoding | null>>();
  let collations: Promise<ReadonlyMap<number, string>> | null = null;
  return {
    async charsetOf(collation) {
      collations ??= readCollations(source);
      return (await collations).get(collation) ?? null;
    },
    encodingOf(charset) {
      const known = encodings.get(charset) ?? readEncoding(source, charset);
      encodings.set(charset, known);
      return known;
    },
  };
}

async function readCollations(source: Connection): Promise<ReadonlyMap<number, string>> {
  // MariaDB names some collations for all character sets at once, and tells them apart here alone.
  const rows = await source
    .query(
      sql`select id, character_set_name as "charset" from information_schema.collation_character_set_applicability`,
    )
    .catch(() => source.query(sql`select id, character_set_name as "charset" from information_schema.collations`));
  return new Map(rows.map((row) => [Number(row.id), String(row.charset)]));
}

async function readEncoding(source: Connection, charset: string): Promise<Encoding | null> {
  switch (charset) {
    case 'utf8mb4':
    case 'utf8mb3':
    case 'utf8':
    case 'ascii':
      return { kind: 'utf8' };
    case 'utf16':
    case 'ucs2':
      return { kind: 'decoder', decode: (bytes) => Buffer.from(bytes).swap16().toString('utf16le') };
    case 'utf16le':
      return { kind: 'decoder', decode: (bytes) => bytes.toString('utf16le') };
    case 'utf32':
      return { kind: 'decoder', decode: fromUtf32 };
    default:
      return await readTable(source, charset);
  }
}

/** Asks the server what each of the 256 bytes is. */
async function readTable(source: Connection, charset: string): Promise<Encoding | null> {
  if (!/^[a-z0-9]+$/.test(charset)) return null;
  const [size] = await source.query(
    sql`select maxlen from information_schema.character_sets where character_set_name = ${words(`'${charset}'`)}`,
  );
  if (Number(size?.maxlen) !== 1) return null;
  const every = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0')).join('');
  const [row] = await source.query(
    sql`select convert(convert(x${words(`'${every}'`)} using ${words(charset)}) using utf8mb4) as characters`,
  );
  const characters = Array.from(String(row?.characters));
  return characters.length === 256 ? { kind: 'bytes', table: characters.map((one) => Buffer.from(one)) } : null;
}

function fromUtf32(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at + 4 <= bytes.length; at += 4) text += String.fromCodePoint(bytes.readUInt32BE(at));
  return text;
}
