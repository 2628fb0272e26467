import { parse } from 'yaml';

/** A file of a forge's continuous integration, of which nothing is trusted to have the shape that it should. */
export function yamlOf(content: string): unknown {
  try {
    return parse(content, { maxAliasCount: 100, logLevel: 'silent' });
  } catch {
    return null;
  }
}

export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** What may be written as one text or as a list of them. */
export function textsOf(value: unknown): readonly string[] {
  return listOf(typeof value === 'string' ? [value] : value)
    .flat()
    .map(String);
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text, number or truth as it was written; '' for anything else. */
export function wordOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number' ? String(value) : '';
}
