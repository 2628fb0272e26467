import type { Late } from '../../../plan/plan.ts';
import type { Type } from '../../../types/type.ts';

/**
 * Terms. *mark*: the greatest watermark of a dataset that was read and merged, as the transport text of its type. *bound*:
 * the mark less the late window: the next read reads from there on, itself included.
 */

/** The bound below a mark; null where there is none that can be written, and all rows are read. */
export function boundBelow(mark: string, type: Type, late: Late): string | null {
  if ('steps' in late) return numberBelow(mark, late.steps, type);
  const parsed = /^(\d{4}-\d{2}-\d{2})(?: (\d{2}:\d{2}:\d{2})\.(\d{6}))?(\+00)?$/.exec(mark);
  if (parsed === null) return null;
  const [, day = '', time = '00:00:00', micros = '000000', zone = ''] = parsed;
  // Whole milliseconds are taken away, so that the last three digits stay as they are.
  const ms = Date.parse(`${day}T${time}.${micros.slice(0, 3)}Z`) - Math.ceil(late.ms);
  const text = Number.isNaN(new Date(ms).getTime()) ? '' : new Date(ms).toISOString();
  const below = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2}\.\d{3})Z$/.exec(text);
  if (below === null || (below[1] ?? '') < '0001') return null;
  return type.kind === 'date' ? (below[1] ?? null) : `${below[1]} ${below[2]}${micros.slice(3)}${zone}`;
}

/** The greatest mark that can be believed at a time: what is later was written by a clock that runs ahead. Null: any can. */
export function latestBelievable(atMs: number, type: Type): string | null {
  const [day, time] = new Date(atMs).toISOString().slice(0, -1).split('T');
  switch (type.kind) {
    case 'date':
      return `${day}`;
    case 'timestamp':
      return `${day} ${time}000`;
    case 'timestamptz':
      return `${day} ${time}000+00`;
    default:
      return null;
  }
}

/**
 * A time so far ahead of ours is a clock that is wrong: a minute of an instant; of what has no zone fourteen hours more,
 * since it may be local time in the east.
 */
export function toleranceMs(type: Type): number {
  return type.kind === 'timestamptz' ? 60_000 : 14 * 3_600_000 + 60_000;
}

/** A mark as text that sorts by code point as marks do. */
export function sortable(mark: string): string {
  const parsed = /^(-?)(\d+)(\.\d+)?$/.exec(mark);
  if (parsed === null) return mark;
  const digits = `${(parsed[2] ?? '').padStart(20, '0')}${parsed[3] ?? ''}`;
  if (parsed[1] !== '-') return digits;
  return `-${digits.replaceAll(/\d/g, (digit) => String(9 - Number(digit)))}:`;
}

function numberBelow(mark: string, steps: number, type: Type): string | null {
  const [a, b] = [scaled(mark), scaled(plain(steps))];
  if (a === null || b === null) return null;
  const scale = Math.max(a.scale, b.scale);
  const below = a.value * 10n ** BigInt(scale - a.scale) - b.value * 10n ** BigInt(scale - b.scale);
  if (type.kind !== 'int') return unscaled(below, scale);
  // The next whole number below, that the type has.
  const whole = below / 10n ** BigInt(scale) - (below % 10n ** BigInt(scale) < 0n ? 1n : 0n);
  const least = -(2n ** BigInt(type.bits - 1));
  return String(whole < least ? least : whole);
}

/** A number without exponent. */
function plain(of: number): string {
  return of >= 1e21 ? String(BigInt(of)) : of.toFixed(20).replace(/\.?0+$/, '');
}

function scaled(text: string): { readonly value: bigint; readonly scale: number } | null {
  const parsed = /^(-?\d+)(?:\.(\d+))?$/.exec(text);
  if (parsed === null) return null;
  const fraction = parsed[2] ?? '';
  return { value: BigInt(`${parsed[1]}${fraction}`), scale: fraction.length };
}

function unscaled(value: bigint, scale: number): string {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return value < 0n ? `-${text}` : text;
}
