import { harmless } from './harmless.ts';

/**
 * Text as a code span of Markdown, which nothing in it can leave, and in which forges see no mention, link, reference,
 * image or HTML. It may stand in a cell of a table: a pipe, which would end the cell even within a span, is an escape.
 */
export function codeSpan(text: string, limit = 1000): string {
  const inner = harmless(text, limit).replaceAll('|', '\\u007c');
  const fence = '`'.repeat(longestRun(inner) + 1);
  // A blank at each end is taken away again; it keeps a backtick at an end apart from the fence, and an empty span whole.
  const isPadded = inner.trim() === '' || /^[ `]|[ `]$/.test(inner);
  return isPadded ? `${fence} ${inner || '-'} ${fence}` : `${fence}${inner}${fence}`;
}

/** Lines as a fenced block of Markdown, which none of them can end. */
export function codeBlock(lines: readonly string[]): string {
  const fence = '`'.repeat(Math.max(3, ...lines.map((line) => longestRun(line) + 1)));
  return [fence, ...lines, fence].join('\n');
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}
