import { ForgeError } from './error.ts';

/** Reads a part of a forge's answer: what is not there or not of its kind is a ForgeError that names where. */
export type Shape<T> = (value: unknown, where: string) => T;

export const number: Shape<number> = (value, where) =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : wrong(where, 'a whole number');

export const text: Shape<string> = (value, where) => (typeof value === 'string' ? value : wrong(where, 'text'));

export const boolean: Shape<boolean> = (value, where) =>
  typeof value === 'boolean' ? value : wrong(where, 'true or false');

/** A commit's id: nothing else may come to stand for one. */
export const commitId: Shape<string> = (value, where) =>
  typeof value === 'string' && /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(value) ? value : wrong(where, "a commit's id");

/** Null, or not there. */
export function orNull<T>(shape: Shape<T>): Shape<T | null> {
  return (value, where) => (value === null || value === undefined ? null : shape(value, where));
}

export function list<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value, where) =>
    Array.isArray(value) ? value.map((item: unknown, i) => shape(item, `${where}[${i}]`)) : wrong(where, 'a list');
}

type Fields = Readonly<Record<string, Shape<unknown>>>;

/** These members of an object; others are not looked at. */
export function fields<F extends Fields>(shapes: F): Shape<{ readonly [K in keyof F]: ReturnType<F[K]> }> {
  return (value, where) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong(where, 'an object');
    const members = new Map<string, unknown>(Object.entries(value));
    const read = Object.entries(shapes).map(([name, shape]) => [name, shape(members.get(name), `${where}.${name}`)]);
    // The compiler cannot follow the loop: this is the one place where what was read becomes its type.
    return Object.fromEntries(read) as { readonly [K in keyof F]: ReturnType<F[K]> };
  };
}

function wrong(where: string, what: string): never {
  throw new ForgeError(
    'garbled',
    `The forge's answer makes no sense: ${where} should be ${what}. Nothing is judged by it.`,
  );
}
