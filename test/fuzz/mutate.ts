import type { Random } from '../../src/cli/demo/company/random.ts';
import { expressions, statements, yamlLines, yamlValues } from './hostile.ts';

/** A sound file, changed a few times: it may be sound still, and may be anything. */
export function mutated(file: string, text: string, random: Random): string {
  let now = text;
  for (let times = random.between(0, 3); times > 0; times--) now = retold(file, now, random);
  if (random.isLucky(0.25)) return now;
  for (let times = 1 + random.between(0, 3); times > 0; times--)
    now = file.endsWith('.ts') ? changed(now, random) : bent(now, random);
  return now;
}

/** Says something else that may well be said. */
function retold(file: string, text: string, random: Random): string {
  const comment = file.endsWith('.ts') ? '// other' : '# other';
  switch (random.between(0, 4)) {
    case 0:
      return atLine(text, comment, random);
    case 1:
      return replaced(text, /(?<=\bdoc: ')[^'\n]+/g, 'Ünï "x" \u{1f600}', random);
    case 2:
      return replaced(text, /\b(?:true|false)\b/g, random.pick(['true', 'false']), random);
    case 3:
      return replaced(text, /\b(?:10s|1h|7y)\b/g, random.pick(['1m', '2d', '90ms']), random);
    default:
      return text.replaceAll('\n', random.pick(['\n', '\r\n', '\n\n']));
  }
}

function changed(text: string, random: Random): string {
  switch (random.between(0, 9)) {
    case 0:
    case 1:
      return atLine(text, random.pick(statements), random);
    case 2:
    case 3:
    case 4:
      return replaced(text, /'[^'\n]*'|\b\d+\b|\[[^[\]\n]*\]|\b\w+\([^()\n]*\)/g, random.pick(expressions), random);
    case 5:
      return replaced(text, /\{/g, `{ ...${random.pick(expressions)},`, random);
    case 6:
      return replaced(
        text,
        /\{/g,
        `{ get ${random.pick(['name', 'address', 'zones', 'x'])}() { return ${random.pick(expressions)}; },`,
        random,
      );
    case 7:
      return replaced(
        text,
        /\b[a-z]\w+\b/g,
        random.pick(['constructor', '__proto__', 'at', 'let', 'enum', 'toString', 'ünï']),
        random,
      );
    case 8:
      return cut(text, random);
    default:
      return moved(text, random);
  }
}

function bent(text: string, random: Random): string {
  switch (random.between(0, 6)) {
    case 0:
    case 1:
    case 2:
      return replaced(text, /(?<=[:,[-] )[^\s,[\]{}][^\n,[\]{}]*/g, random.pick(yamlValues), random);
    case 3:
      return atLine(text, random.pick(yamlLines), random);
    case 4:
      return replaced(
        text,
        /\b[a-z]\w+(?=:)/g,
        random.pick(['doc', '__proto__', 'kind', 'freehold', 'x', '12', 'null']),
        random,
      );
    case 5:
      return cut(text, random);
    default:
      return moved(text, random);
  }
}

function atLine(text: string, line: string, random: Random): string {
  const lines = text.split('\n');
  lines.splice(random.between(0, lines.length), 0, line);
  return lines.join('\n');
}

function replaced(text: string, pattern: RegExp, by: string, random: Random): string {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return text;
  const one = random.pick(found);
  return text.slice(0, one.index) + by + text.slice(one.index + one[0].length);
}

function cut(text: string, random: Random): string {
  const from = random.between(0, text.length);
  return text.slice(0, from) + text.slice(from + random.between(1, 30));
}

function moved(text: string, random: Random): string {
  const from = random.between(0, text.length);
  const piece = text.slice(from, from + random.between(1, 60));
  const to = random.between(0, text.length);
  return text.slice(0, to) + piece + text.slice(to);
}
