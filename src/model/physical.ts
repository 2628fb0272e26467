/** A table's name at the source. schema null: the source's default schema. */
export type PhysicalName = { readonly schema: string | null; readonly table: string };

const part = `("(?:[^"]|"")+"|[^."]+)`;
const pattern = new RegExp(`^(?:${part}\\.)?${part}$`, 's');

/** `public.Customers`, or with a dot or quote inside a name `"my.schema"."Orders"`; null where the text is neither. */
export function parsePhysicalName(text: string): PhysicalName | null {
  const match = pattern.exec(text);
  const [, schema, table] = match ?? [];
  if (table === undefined) return null;
  return { schema: schema === undefined ? null : unquoted(schema), table: unquoted(table) };
}

/** The text that `parsePhysicalName` reads back. */
export function physicalNameText(name: PhysicalName): string {
  return name.schema === null ? quoted(name.table) : `${quoted(name.schema)}.${quoted(name.table)}`;
}

function unquoted(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
}

function quoted(text: string): string {
  return /[."]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
