/** Draws lines in place on a terminal, and gives the terminal back as it was. */
export function painter(stream: NodeJS.WriteStream): { draw(lines: readonly string[]): void } & Disposable {
  let drawn = 0;
  stream.write('\u001b[?25l');
  return {
    draw(lines) {
      const fitting = lines.slice(0, Math.max(1, (stream.rows || 40) - 1));
      const up = drawn > 0 ? `\u001b[${drawn}A` : '';
      // Each line is written over the old one and cleared to its end, so that nothing flickers.
      stream.write(`${up}${fitting.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`);
      drawn = fitting.length;
    },
    [Symbol.dispose]() {
      stream.write('\u001b[?25h');
    },
  };
}
