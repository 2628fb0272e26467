import {
  columnAddress,
  consentAddress,
  declassificationAddress,
  environmentAddress,
  memberAddress,
  meshAddress,
  offerAddress,
} from '../model/address.ts';
import { textOfNoun } from '../model/object.ts';
import type { Ask, Judges, Report, Spot } from './rule.ts';
import { spotOf } from './spots.ts';

/** One text that stands in an object, a name or a value, wherever it stands. */
export type PlacedText = {
  readonly text: string;
  readonly at: Spot;
  /** For people, or code: it may have lines, and marks that some languages write with. Else it names something. */
  readonly isProse: boolean;
  /** Of something outside of the model, that its authors did not choose. */
  readonly isForeign: boolean;
};

/** Judges objects of every kind alike. */
export function ofEveryKind(judge: (address: string, noun: object, ask: Ask) => Iterable<Report>): Required<Judges> {
  return {
    mesh: (noun, ask) => judge(meshAddress, noun, ask),
    zone: (noun, ask) => judge(noun.name, noun, ask),
    datastore: (noun, ask) => judge(noun.address, noun, ask),
    workspace: (noun, ask) => judge(noun.address, noun, ask),
    transformer: (noun, ask) => judge(noun.address, noun, ask),
    environment: (noun, ask) => judge(environmentAddress(noun.name), noun, ask),
    consent: (noun, ask) => judge(consentAddress(noun.name), noun, ask),
    declassification: (noun, ask) => judge(declassificationAddress(noun.name), noun, ask),
    offer: (noun, ask) => judge(offerAddress(noun.name), noun, ask),
  };
}

let last: { readonly noun: object; readonly text: string } | null = null;

/** All of an object as one text of JSON, for rules that tell at one look that nothing of theirs is in it. One after another they ask of one object. */
export function textOf(noun: object): string {
  const known = textOfNoun(noun);
  if (known !== undefined) return known;
  if (last?.noun !== noun) last = { noun, text: JSON.stringify(noun) };
  return last.text;
}

/** Every text of an object, also names of members, at any depth: nothing lists attributes, so none is forgotten. */
export function* textsOf(address: string, noun: unknown, path: readonly string[] = []): Generator<PlacedText> {
  if (typeof noun === 'string') yield placed(noun, address, path);
  else if (typeof noun === 'object' && noun !== null)
    for (const [name, value] of Object.entries(noun)) {
      const inside = [...path, name];
      if (!Array.isArray(noun)) yield { ...placed(name, address, inside), isProse: false };
      yield* textsOf(address, value, inside);
    }
}

/** Members of a record that are prose, and attributes that are. */
const proseRecords = new Set(['contact', 'queries', 'terms']);
const proseWords = new Set(['doc', 'reason', 'rows']);

function placed(text: string, address: string, path: readonly string[]): PlacedText {
  const word = path.findLast((name) => !/^[0-9]+$/.test(name)) ?? '';
  // What a contract says beyond the model is nobody's name here.
  const isProse = proseWords.has(word) || proseRecords.has(path.at(-2) ?? '') || path.includes('contract');
  return { text, at: spotIn(address, path), isProse, isForeign: isForeign(path) };
}

function isForeign(path: readonly string[]): boolean {
  const last = path.at(-1);
  return path[0] === 'datasets' && (last === 'from' || last === 'default' || path.includes('values'));
}

/** Datasets, columns, groups and teams have addresses of their own. */
function spotIn(address: string, [first, name, second, column, ...rest]: readonly string[]): Spot {
  if (first === 'datasets' && name !== undefined) {
    if (second === 'columns' && column !== undefined) return spotOf(columnAddress(address, name, column), ...rest);
    return spotOf(memberAddress(address, name), ...given(second, column, ...rest));
  }
  if (first === 'groups' && name !== undefined)
    return spotOf(memberAddress(address, name), ...given(second, column, ...rest));
  if (first === 'teams' && name !== undefined) return spotOf(`${address}/${name}`, ...given(second, column, ...rest));
  return spotOf(address, ...given(first, name, second, column, ...rest));
}

function given(...path: readonly (string | undefined)[]): readonly string[] {
  return path.filter((name) => name !== undefined);
}
