import type { Report, Rule } from '../rule.ts';
import { ofEveryKind, textOf, textsOf } from '../texts.ts';

/** No name mixes letters of alphabets that look alike: one of them is not the letter that it seems to be. */
export const mixedScript: Rule = { name: 'mixed-script', judges: ofEveryKind(mixedIn) };

function* mixedIn(address: string, noun: object): Iterable<Report> {
  // Almost every object is plain, and told at one look.
  if (/^[\0-\x7f]*$/.test(textOf(noun))) return;
  for (const { text, at, isProse, isForeign } of textsOf(address, noun)) {
    if (isProse || isForeign) continue;
    const disguised = disguisedIn(text);
    if (disguised !== null)
      yield {
        message: `'${text}' holds ${disguised}: it looks like another name, and is not the same.`,
        help: 'Type the name again in one alphabet.',
        at,
      };
  }
}

/** Words for what of a name looks like something else; null: nothing. */
function disguisedIn(name: string): string | null {
  for (const word of name.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []) {
    const odd = scripts.filter(([, pattern]) => pattern.test(word)).map(([script]) => script);
    if (odd.length > 1) return `letters of ${odd.join(' and ')} in one word, '${word}'`;
    const plain = word.normalize('NFKC');
    if (plain !== word) return `'${word}', which is written '${plain}' in plain letters`;
  }
  return null;
}

const scripts: readonly (readonly [string, RegExp])[] = [
  ['Latin', /\p{Script=Latin}/u],
  ['Cyrillic', /\p{Script=Cyrillic}/u],
  ['Greek', /\p{Script=Greek}/u],
  ['Armenian', /\p{Script=Armenian}/u],
  ['Cherokee', /\p{Script=Cherokee}/u],
];
