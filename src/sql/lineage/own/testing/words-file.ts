/** The file that holds an engine's words, from lists of them. */
export function wordsFile(dialect: string, from: string, words: Readonly<Record<string, readonly string[]>>): string {
  const members = Object.entries(words).map(([what, names]) => `  ${what}: \`\n${lines(names)}\n  \`,\n`);
  return `// Written by \`npx vitest run src/engines/${dialect}/own-words.test.ts -u\` from ${from}.\nexport const ${dialect}Words = {\n${members.join('')}};\n`;
}

/** Sorted, as many to a line as fit. */
function lines(names: readonly string[]): string {
  const done: string[] = [];
  let line = '   ';
  for (const name of [...new Set(names)].sort()) {
    const escaped = name.replaceAll('\\', '\\\\').replaceAll('`', '\\`');
    if (line.length + escaped.length + 1 > 120) {
      done.push(line);
      line = '   ';
    }
    line += ` ${escaped}`;
  }
  return [...done, line].join('\n');
}
