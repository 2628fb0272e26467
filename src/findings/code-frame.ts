import type { Place } from './finding.ts';
import { harmless, widthOf } from './harmless.ts';

/** The line that a place is on, and white space that puts a caret under its column. */
export type CodeFrame = { readonly number: string; readonly line: string; readonly indent: string };

/** Null where the text has no such line. Long lines are cut around the column. */
export function codeFrame(lines: readonly string[], at: Place): CodeFrame | null {
  const text = lines[at.line - 1];
  if (text === undefined) return null;
  const column = Math.min(Math.max(at.column - 1, 0), text.length);
  const start = column > around ? column - around : 0;
  const end = start + 2 * around;
  const before = (start > 0 ? '…' : '') + inFrame(text.slice(start, column));
  const after = inFrame(text.slice(column, end)) + (end < text.length ? '…' : '');
  // Two harmless halves may make a harmful whole: `##` and `[`.
  return { number: String(at.line), line: harmless(before + after).trimEnd(), indent: ' '.repeat(widthOf(before)) };
}

/** Characters shown before and after the column, at most. */
const around = 60;

/** Tabs are indentation here, not news. */
function inFrame(text: string): string {
  return harmless(text.replaceAll('\t', '  ').replace(/\r$/, ''));
}
