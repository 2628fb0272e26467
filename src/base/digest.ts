import { hash } from 'node:crypto';

/** A JSON value: what models, plans and documents are made of. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * The one text of a JSON value: keys by code point, no white space, undefined members left out, numbers as the
 * shortest decimals (what JSON.stringify writes). Equal values have equal text. `known`: texts of parts that are known.
 */
export function canonicalJson(value: Json, known?: ReadonlyMap<object, string>): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const former = known?.get(value);
  if (former !== undefined) return former;
  if (Array.isArray(value)) {
    const items: readonly Json[] = value;
    let text = '[';
    for (const [index, item] of items.entries()) text += (index === 0 ? '' : ',') + canonicalJson(item, known);
    return `${text}]`;
  }
  const object = value as { readonly [key: string]: Json | undefined };
  let text = '{';
  for (const key of sortedKeys(object)) {
    const member = object[key];
    if (member === undefined) continue;
    text += `${text.length === 1 ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member, known)}`;
  }
  return `${text}}`;
}

/** Most objects have few members, and have them in order already. */
function sortedKeys(object: object): string[] {
  const keys = Object.keys(object);
  for (let i = 1; i < keys.length; i++)
    if (byCodePoint(keys[i - 1] ?? '', keys[i] ?? '') > 0) return keys.sort(byCodePoint);
  return keys;
}

/** SHA-256 of the text, as 64 lower-case hexadecimal digits. */
export function digestText(text: string): string {
  return hash('sha256', text, 'hex');
}

export function digestJson(value: Json): string {
  return digestText(canonicalJson(value));
}

/** Order of strings by Unicode code point: the same on every machine and locale. */
export function byCodePoint(a: string, b: string): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const one = a.charCodeAt(i);
    const other = b.charCodeAt(i);
    if (one !== other) return rank(one) - rank(other);
  }
  return a.length - b.length;
}

/** Halves of characters beyond U+FFFF come after U+E000 to U+FFFF, though their units are smaller. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
