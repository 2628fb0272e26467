import { didYouMean } from '../findings/near-name.ts';
import { columnWords, wordNamed, wordNames } from './written/words.ts';

/** What a file's failure says, and what to do: by what was thrown, and the name that stands where it was. */
export function failureWords(
  file: string,
  thrown: string,
  nameThere: string | null,
): { readonly message: string; readonly help: string } {
  const absent = absentName(thrown);
  if (absent !== null && wordNamed(absent) !== null)
    return {
      message: `'${file}' failed: '${absent}' is not imported.`,
      help: `Add  import { ${absent} } from 'freehold';`,
    };
  if (absent !== null) return { message: `'${file}' failed: ${thrown}${near(absent, wordNames)}`, help: whatThereIs };
  if (thrown === 'TypeError: not a function' && nameThere !== null) {
    const meant = didYouMean(nameThere, [...wordNames, ...columnWords]);
    return {
      message: `'${file}' failed: '${nameThere}' is called, and is no function there.${meant}`,
      help:
        meant === ''
          ? whatThereIs
          : 'Correct the name. Words of the language are imported; what goes on from a column is called on it:  int64().nullable() .',
    };
  }
  if (/^RangeError: Maximum call stack/.test(thrown))
    return {
      message: `'${file}' failed: it calls itself without end, or nests too deep.`,
      help: 'A model is data: remove what calls itself.',
    };
  if (/^TypeError: object is not extensible|^TypeError: '.*' is read-only/.test(thrown))
    return {
      message: `'${file}' failed: ${thrown}`,
      help: 'What the language and JavaScript have built in cannot be changed: make objects of your own.',
    };
  return { message: `'${file}' failed: ${thrown}`, help: whatThereIs };
}

/** The name that nothing has, where that is what was thrown. */
export function absentName(thrown: string): string | null {
  return /^ReferenceError: ([\p{L}_$][\p{L}\p{N}_$]*) is not defined$/u.exec(thrown)?.[1] ?? null;
}

const whatThereIs =
  'A model file sees the words of the language and its own files: no clock, chance, network, files or process.';

function near(name: string, names: readonly string[]): string {
  const said = didYouMean(name, names);
  return said === '' ? '' : `.${said}`;
}
