import { byCodePoint, type Json } from '../../base/digest.ts';
import { formOf } from '../../model/object.ts';
import type { ObjectChange } from '../proposal.ts';
import type { AttributeChange } from '../verdict.ts';

type Step = { readonly path: readonly string[]; readonly before: string | null; readonly after: string | null };
type Form = Json | undefined;

/** What changes of attributes make of an object's form before; undefined: nothing is there. */
export function applied({ address, before }: ObjectChange, changes: readonly AttributeChange[]): Form {
  const steps = changes.map((one) => ({ ...one, path: [...wayTo(one.address, address), ...one.path] }));
  return stepped(before === null ? undefined : formOf(before), steps);
}

/** The way from the object to the thing in it that has an address; a column's name after `#`. */
function wayTo(address: string, object: string): readonly string[] {
  const rest = address.slice(object.length);
  if (rest === '') return [];
  if (rest.startsWith('/')) return ['teams', rest.slice(1)];
  const [member = '', column] = rest.slice(1).split('#');
  return column === undefined ? ['.', member] : ['.', member, 'columns', `#${column}`];
}

function stepped(value: Form, steps: readonly Step[]): Form {
  const whole = steps.find(({ path }) => path.length === 0);
  if (whole !== undefined) return parsed(whole.after);
  const below = new Map<string, Step[]>();
  for (const { path, ...step } of steps) {
    const [first = '', ...rest] = path;
    below.set(first, [...(below.get(first) ?? []), { ...step, path: rest }]);
  }
  if (isList(value)) return listStepped(value, below);
  if (value === null || typeof value !== 'object') throw new Error(`no part of ${JSON.stringify(value)} can change`);
  const record: Record<string, Form> = { ...value };
  for (const [part, inner] of below) {
    const name = part === '.' ? ('datasets' in record ? 'datasets' : 'groups') : part;
    record[name] = stepped(record[name], inner);
  }
  return record;
}

function listStepped(list: readonly Json[], below: ReadonlyMap<string, readonly Step[]>): Json {
  const names = [...below.keys()];
  if (names.some((name) => name.startsWith('#') || name === 'order')) return columnsStepped(list, below);
  const leaves = [...below].flatMap(([name, [step, ...more]]) =>
    step !== undefined && more.length === 0 && step.path.length === 0 ? [{ name, step }] : [],
  );
  const isSet =
    leaves.length === names.length && leaves.every(({ name, step }) => parsed(step.before ?? step.after) === name);
  if (isSet) {
    const gone = new Set(leaves.flatMap(({ name, step }) => (step.after === null ? [name] : [])));
    const come = leaves.flatMap(({ name, step }) => (step.before === null ? [name] : []));
    const texts = list.filter((one) => typeof one === 'string');
    return [...texts.filter((one) => !gone.has(one)), ...come].sort(byCodePoint);
  }
  const isNew = (steps: readonly Step[]) => steps.some(({ path, before }) => path.length === 0 && before === null);
  const kept = list.flatMap((one, index) => {
    const steps = below.get(String(index)) ?? [];
    const now = stepped(
      one,
      steps.filter((step) => !isNew([step])),
    );
    return now === undefined ? [] : [now];
  });
  const added = [...below].flatMap(([name, steps]) =>
    steps.filter((step) => isNew([step])).map((step) => ({ name, step })),
  );
  for (const { name, step } of added.sort((a, b) => Number(a.name) - Number(b.name)))
    kept.splice(Number(name), 0, parsed(step.after) ?? null);
  return kept;
}

function columnsStepped(list: readonly Json[], below: ReadonlyMap<string, readonly Step[]>): Json {
  const columns = new Map<string, Form>(
    list.map((pair) => (Array.isArray(pair) ? [String(pair[0]), pair[1]] : ['', null])),
  );
  for (const [name, steps] of below) {
    if (name === 'order') continue;
    const now = stepped(columns.get(name.slice(1)), steps);
    if (now === undefined) columns.delete(name.slice(1));
    else columns.set(name.slice(1), now);
  }
  const order = below.get('order')?.[0]?.after;
  const names = order === undefined ? [...columns.keys()] : parsed(order);
  return Array.isArray(names) ? names.map((name) => [String(name), columns.get(String(name)) ?? null]) : [];
}

function parsed(text: string | null): Form {
  const value: unknown = text === null ? undefined : JSON.parse(text);
  return isJson(value) ? value : undefined;
}

function isList(value: Form): value is readonly Json[] {
  return Array.isArray(value);
}

function isJson(value: unknown): value is Json {
  return value !== undefined;
}
