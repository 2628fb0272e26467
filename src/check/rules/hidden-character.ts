import { harmless } from '../../findings/harmless.ts';
import type { Report, Rule } from '../rule.ts';
import { ofEveryKind, textOf, textsOf } from '../texts.ts';

/** No text of a model holds what a reader of it cannot see, or sees in another place. */
export const hiddenCharacter: Rule = { name: 'hidden-character', judges: ofEveryKind(hiddenIn) };

function* hiddenIn(address: string, noun: object): Iterable<Report> {
  // Almost every object is plain, and told at one look.
  if (plain.test(textOf(noun))) return;
  for (const { text, at, isProse, isForeign } of textsOf(address, noun)) {
    const [hidden] = (isProse ? hiddenInProse : hiddenInNames).exec(text) ?? [];
    if (hidden !== undefined)
      yield {
        message: `'${harmless(text, 80)}' holds the character ${codeOf(hidden)}, which nobody sees: it would read as something that it is not.`,
        help: 'Write it again without that character.',
        at,
      };
    else if (!isProse && !isForeign && text !== text.trim())
      yield {
        message: `'${harmless(text, 80)}' begins or ends with a blank, so it is another name than the one that people read.`,
        help: 'Take the blank out.',
        at,
      };
  }
}

/** Printable ASCII and no text that begins or ends with a blank, in JSON as JSON.stringify writes it. */
const plain = /^(?:[!#-[\]-~]|\\["\\/]|"(?! )| (?!"))*$/;

/** Controls, format characters (bidi among them), and whatever takes no place. */
const hiddenInNames =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u;

/** The same, but for lines and tabs, and what joins letters and signs: some languages and every second emoji need it. */
const hiddenInProse =
  /(?!\t|\n|\r|\u200c|\u200d|\ufe0e|\ufe0f)[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u;

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
