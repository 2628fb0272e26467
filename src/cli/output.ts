import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import { jsonText } from '../findings/json-text.ts';

/**
 * Where a command's words go: one JSON document on standard output with `--json`, everything human on standard error
 * then; without it the result on standard output and progress on standard error.
 */
export type Output = {
  readonly json: boolean;
  readonly color: ReturnType<typeof pc.createColors>;
  readonly isColored: boolean;
  /** The result, for a person: nothing with `--json`. */
  result(text: string): void;
  /** The result, for a machine: nothing without `--json`. The first is the only one: what fails after it is told on standard error. */
  document(value: unknown): void;
  /** Progress and notes, on standard error: nothing with `--quiet`. */
  note(text: string): void;
  /** One line that says how far something is and is written over; null takes it away. Only on a terminal. */
  progress?(text: string | null): void;
  /** What went wrong, on standard error, always. */
  problem(text: string): void;
};

export type OutputOptions = { readonly json?: boolean; readonly quiet?: boolean; readonly color?: boolean };

export function outputOf(options: OutputOptions): Output {
  const stream = options.json === true ? process.stderr : process.stdout;
  let isWritten = false;
  const isColored = options.color !== false && pc.isColorSupported && stream.isTTY === true;
  return {
    json: options.json === true,
    color: pc.createColors(isColored),
    isColored,
    result(text) {
      if (options.json !== true) process.stdout.write(`${text}\n`);
    },
    document(value) {
      if (options.json !== true || isWritten) return;
      isWritten = true;
      process.stdout.write(jsonText(value, jsonValue));
    },
    note(text) {
      if (options.quiet !== true) process.stderr.write(`${text}\n`);
    },
    progress(text) {
      if (options.quiet === true || process.stderr.isTTY !== true) return;
      const shown = Array.from(text ?? '').slice(0, (process.stderr.columns || 80) - 1);
      process.stderr.write(`\r\u001b[2K${shown.join('')}`);
    },
    problem(text) {
      process.stderr.write(`${text}\n`);
    },
  };
}

/** Counts of rows fit a number exactly; other large integers travel as text. */
function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= -BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : String(value);
}

/** Rows as a table of text, as wide as needed: columns in the order of the first row. */
export function tableText(rows: readonly (readonly string[])[], head: readonly string[]): string {
  const widths = head.map((title, i) => Math.max(width(title), ...rows.map((row) => width(row[i] ?? ''))));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell + ' '.repeat(Math.max(0, (widths[i] ?? 0) - width(cell))))
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((w) => '-'.repeat(w))), ...rows.map(line)].join('\n');
}

function width(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}
