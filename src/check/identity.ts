import type { Facts } from '../engine/facts.ts';
import { own } from '../model/effective.ts';
import type { Container } from '../model/model.ts';

/** Which database a container is, as text that is equal where they are one; null: its engine does not say. */
export function databaseOf({ engine, fields }: Container, facts: Facts): string | null {
  const identifying = Object.entries(own(facts, engine)?.fields ?? {}).filter(
    ([, fact]) => fact.identifies !== undefined,
  );
  if (identifying.length === 0) return null;
  const parts = identifying.map(([name, fact]) => {
    const value = own(fields, name) ?? fact.absent ?? null;
    return [name, fact.identifies === 'in any case' && typeof value === 'string' ? value.toLowerCase() : value];
  });
  return JSON.stringify([engine, ...parts]);
}
