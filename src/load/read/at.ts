import type { Finding, Place } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';
import { placeKey } from '../../model/places.ts';
import type { Literal } from '../sandbox/literal.ts';
import type { PlaceAt } from '../sandbox/text.ts';

/** Where a word's call stands, with the places of its parts. */
export type Marked = { readonly literal: Literal; readonly placeAt: PlaceAt };

/** What is gathered while untrusted values become nouns. */
export type Reading = {
  readonly findings: Finding[];
  /** Written as YAML: spellings are its own. */
  readonly isYaml: boolean;
  /** By `placeKey`. */
  readonly places: Map<string, Place>;
  /** The call that a mark ('file:offset') names; null where it names none: marks are shown, never trusted. */
  readonly marked: (mark: string) => Marked | null;
};

/** Where in the model a value stands while it is read. */
export type At = {
  readonly reading: Reading;
  /** What messages call it: `dataset 'retail/sales/orders.customers'`. */
  readonly subject: string;
  readonly address: string;
  /** Within the object. */
  readonly path: readonly string[];
  readonly literal: Literal | null;
  readonly placeAt: PlaceAt | null;
  /** The nearest known place. */
  readonly place: Place | null;
};

/** An object of its own, with an address. */
export type Entered = { readonly subject: string; readonly address: string };

/** The member of a value; with `entered` an object of its own. Notes its place. */
export function memberAt(at: At, name: string, raw: unknown, entered?: Entered): At {
  const literal = at.literal?.members()?.get(name) ?? null;
  const place = literal !== null && at.placeAt !== null ? at.placeAt(literal.offset) : null;
  return noted(
    markedAt(
      {
        reading: at.reading,
        subject: entered === undefined ? at.subject : entered.subject,
        address: entered === undefined ? at.address : entered.address,
        path: entered === undefined ? [...at.path, name] : nowhere,
        literal,
        placeAt: at.placeAt,
        place: place ?? at.place,
      },
      raw,
      place,
    ),
  );
}

const nowhere: readonly string[] = [];

/** The start of an exported noun. */
export function rootAt(reading: Reading, raw: unknown, entered: Entered, place: Place): At {
  return noted(markedAt({ reading, ...entered, path: nowhere, literal: null, placeAt: null, place }, raw, null));
}

/** The start of a noun that is written out, as YAML is. */
export function enteredAt(reading: Reading, entered: Entered, literal: Literal, placeAt: PlaceAt): At {
  return noted({ reading, ...entered, path: nowhere, literal, placeAt, place: placeAt(literal.offset) });
}

/** A value made by a word of the language stands in the literals of its call, and where nothing nearer is known, at it. */
function markedAt(at: At, raw: unknown, own: Place | null): At {
  const mark = typeof raw === 'object' && raw !== null && '@' in raw && typeof raw['@'] === 'string' ? raw['@'] : null;
  const marked = mark === null ? null : at.reading.marked(mark);
  if (marked === null) return at;
  return { ...at, ...marked, place: own ?? marked.placeAt(marked.literal.offset) };
}

function noted(at: At): At {
  if (at.place !== null && (at.path.length === 0 || at.literal !== null)) {
    const key = at.path.length === 0 ? at.address : placeKey(at.address, ...at.path);
    if (!at.reading.places.has(key)) at.reading.places.set(key, at.place);
  }
  return at;
}

export function refuse(at: At, rule: string, message: string, help: string, place: Place | null = at.place): undefined {
  at.reading.findings.push(
    finding({ rule, address: at.address, message: `${at.subject}: ${message}`, help, at: place }),
  );
  return undefined;
}
