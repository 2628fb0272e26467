import type { TypeChange } from '../../types/change.ts';

/** How a thing of the model changes, its type aside. */
export type ModelChange =
  | 'column-added-nullable'
  | 'column-added-with-default'
  | 'column-added-required'
  | 'column-removed'
  | 'column-renamed'
  | 'column-nullable'
  | 'column-required'
  | 'default-changed'
  | 'classification-raised'
  | 'classification-lowered'
  | 'key-changed'
  | 'dataset-added'
  | 'dataset-removed'
  | 'dataset-renamed'
  | 'check-loosened'
  | 'check-tightened'
  | 'described'
  | 'capture-moved'
  | 'store-moved';

export type Change = TypeChange | ModelChange;

/** One kind of change, answered three times; the third answer, how, is in `ways.ts`, engine by engine. */
export type Row = {
  /** In the words of the page and of findings: `its integers get more bits`. */
  readonly words: string;
  /** Of changes of type: a type before and after. */
  readonly example?: readonly [from: string, into: string];
  /** History: can kept rows be read, unfalsified? `if`: yes, where what it says holds; the platform sees to it. */
  readonly history: 'safe' | 'breaks' | { readonly if: string };
  /** Consumers: does each existing reader go on working? `warned`: it does, and what it compares or lists may differ. */
  readonly consumers: 'safe' | 'warned' | 'breaks';
  /** `nulls`, `enums`: what a reference says that copes with it. */
  readonly unless?: 'nulls' | 'enums';
  readonly why: string;
  /** The rule of review that finds it, with its page; null where nobody is asked. */
  readonly rule: string | null;
};

/** What every change does to kept rows and to readers: docs/compatibility.md is this table, and review judges by it. */
export const table: Readonly<Record<Change, Row>> = {
  'column-added-nullable': {
    words: 'a column is added that may be null',
    history: 'safe',
    consumers: 'safe',
    why: 'Versions from before it have null. A reader of all columns sees one more.',
    rule: null,
  },
  'column-added-with-default': {
    words: 'a column is added with a default',
    history: { if: 'closed versions have null and not the default, which they never had' },
    consumers: 'safe',
    why: "An engine's `add column ... default` shows the default in closed versions too, which falsifies them: there the column is added empty. Current rows have the default, at the cost of the catalogue alone, until the source's own value is read.",
    rule: null,
  },
  'column-added-required': {
    words: 'a column is added that is required, without a default',
    history: 'breaks',
    consumers: 'safe',
    why: 'Versions from before it have no value, and the model says that every row has one.',
    rule: 'column-required',
  },
  'column-removed': {
    words: 'a column is removed',
    history: 'safe',
    consumers: 'breaks',
    why: 'Its values stay, hidden, until their retention ends. Readers that use it lose it.',
    rule: 'column-removed',
  },
  'column-renamed': {
    words: 'a column is renamed, saying what it was (`formerly`)',
    history: 'safe',
    consumers: 'breaks',
    why: 'Its values stay where they are and are shown under the new name. Readers that ask for the old one find nothing.',
    rule: 'column-renamed',
  },
  'column-nullable': {
    words: 'a required column may be null',
    history: 'safe',
    consumers: 'breaks',
    unless: 'nulls',
    why: 'Nothing stored changes: kept columns take nulls. A reader that counts on values meets nulls.',
    rule: 'column-nullable',
  },
  'column-required': {
    words: 'a column that may be null is required',
    history: { if: 'versions that have null keep it; that no current row has it is for plan to prove' },
    consumers: 'safe',
    why: 'Nothing stored changes: older versions stay as they were.',
    rule: null,
  },
  'default-changed': {
    words: 'the default of a column is changed, added or taken away',
    history: 'safe',
    consumers: 'safe',
    why: 'Only rows that are written from then on have the new one.',
    rule: null,
  },
  'classification-raised': {
    words: 'the level of a column is raised, or a label added',
    history: 'safe',
    consumers: 'safe',
    why: 'Each reader is judged again by the first phase, with its clearance and labels.',
    rule: null,
  },
  'classification-lowered': {
    words: 'the level of a column is lowered, or a label taken away',
    history: 'safe',
    consumers: 'safe',
    why: 'More people may see it, in every version: that is for its zone to say, whoever reads it.',
    rule: 'classification-lowered',
  },
  'key-changed': {
    words: 'the key is changed',
    history: 'breaks',
    consumers: 'breaks',
    why: 'Versions of one row are found by its key: under another key they are versions of other rows.',
    rule: 'key-changed',
  },
  'dataset-added': {
    words: 'a dataset is added',
    history: 'safe',
    consumers: 'safe',
    why: 'A reader of all datasets sees one more.',
    rule: null,
  },
  'dataset-removed': {
    words: 'a dataset is removed',
    history: 'safe',
    consumers: 'breaks',
    why: 'Its rows stay, hidden, until their retention ends. Readers lose it.',
    rule: 'dataset-removed',
  },
  'dataset-renamed': {
    words: 'a dataset is renamed, saying what it was (`formerly`)',
    history: 'safe',
    consumers: 'breaks',
    why: 'Its rows stay where they are and are shown under the new name. Readers that ask for the old one find nothing.',
    rule: 'dataset-renamed',
  },
  'check-loosened': {
    words: 'a check that stops or diverts is gone, asks less, or only warns',
    history: 'safe',
    consumers: 'breaks',
    why: "What failed it was never merged, so readers count on it as on a column's type: `nulls: 'ok'` copes with less of `present`, `enums: 'open'` with less of `accepted`. What only warned was no promise.",
    rule: 'check-loosened',
  },
  'check-tightened': {
    words: 'a check is added, or asks more',
    history: { if: 'versions from before it stay as they are; only rows that are merged from then on are judged' },
    consumers: 'safe',
    why: 'Readers meet fewer rows that they could not expect. Rows that fail are held back: that is for the producer to weigh.',
    rule: null,
  },
  described: {
    words: 'docs, tags, terms, promises or the order of columns are changed',
    history: 'safe',
    consumers: 'safe',
    why: 'Views are made anew in the new order; nothing stored changes.',
    rule: null,
  },
  'capture-moved': {
    words: 'the source, the table or column that is read there, or the way of reading changes',
    history: { if: 'the difference between what is kept and the new source becomes one correction' },
    consumers: 'safe',
    why: 'What the new way cannot see (versions between two readings, say) is not there from then on.',
    rule: 'capture-moved',
  },
  'store-moved': {
    words: 'a store moves to another database, or a route leads elsewhere',
    history: { if: 'the plan that carries it out takes the history along' },
    consumers: 'safe',
    why: 'A stream is copied there with every version. What cannot be copied is refused when the plan is applied, unless it is told to give its history up.',
    rule: 'store-moved',
  },
  'int-wider': {
    words: 'integers get more bits',
    example: ['int32', 'int64'],
    history: 'safe',
    consumers: 'safe',
    why: 'Each number stays itself. A transformer whose output stays narrower is warned of.',
    rule: null,
  },
  'int-narrower': {
    words: 'integers get fewer bits',
    example: ['int64', 'int32'],
    history: 'breaks',
    consumers: 'breaks',
    why: 'Kept numbers that are too large fit nowhere.',
    rule: 'column-narrowed',
  },
  'decimal-more-digits': {
    words: 'decimals get more digits before the point',
    example: ['decimal(10,2)', 'decimal(12,2)'],
    history: 'safe',
    consumers: 'safe',
    why: 'Each number stays itself, up to 38 digits on every engine.',
    rule: null,
  },
  'decimal-larger-scale': {
    words: 'decimals get more digits behind the point, and none before it is lost',
    example: ['decimal(10,2)', 'decimal(12,4)'],
    history: 'safe',
    consumers: 'safe',
    why: 'Each number stays itself; zeros at its end are no digits.',
    rule: null,
  },
  'decimal-beyond-38': {
    words: 'decimals get more than 38 digits, or no limit',
    example: ['decimal(38,2)', 'decimal(50,2)'],
    history: { if: 'an engine that keeps so many digits as text has a column of its own for them' },
    consumers: 'breaks',
    why: 'Many engines keep at most 38 digits as a number: there readers find text, which they cannot add up.',
    rule: 'column-retyped',
  },
  'decimal-narrower': {
    words: 'decimals get fewer digits before or behind the point',
    example: ['decimal(12,4)', 'decimal(12,2)'],
    history: 'breaks',
    consumers: 'breaks',
    why: 'Kept numbers are rounded, without a word, or do not fit.',
    rule: 'column-narrowed',
  },
  'float-wider': {
    words: 'floats get more bits',
    example: ['float32', 'float64'],
    history: 'safe',
    consumers: 'warned',
    why: 'Each number stays itself, and is no longer equal to what a reader writes down: 0.1 as float32 is not 0.1 as float64.',
    rule: 'column-widened',
  },
  'float-narrower': {
    words: 'floats get fewer bits, or too few for the digits of an integer',
    example: ['float64', 'float32'],
    history: 'breaks',
    consumers: 'breaks',
    why: 'Kept numbers are rounded, without a word.',
    rule: 'column-narrowed',
  },
  'text-longer': {
    words: 'texts may be longer',
    example: ['varchar(40)', 'varchar(80)'],
    history: 'safe',
    consumers: 'safe',
    why: 'Kept columns have no length; the limit is checked where rows come in.',
    rule: null,
  },
  'text-shorter': {
    words: 'texts must be shorter',
    example: ['varchar(40)', 'varchar(20)'],
    history: { if: 'kept texts that are longer stay as they are; who reads history meets them' },
    consumers: 'breaks',
    why: 'Kept columns have no length, so nothing is cut; rows that come in longer are refused, and the stream with them.',
    rule: 'column-narrowed',
  },
  'char-to-varchar': {
    words: 'char becomes varchar or text',
    example: ['char(10)', 'varchar(10)'],
    history: 'safe',
    consumers: 'warned',
    why: 'Blanks at the end begin to carry meaning: what was equal may no longer be.',
    rule: 'column-widened',
  },
  'varchar-to-char': {
    words: 'varchar, text or enum becomes char',
    example: ['varchar(10)', 'char(10)'],
    history: { if: 'kept texts keep the blanks at their end' },
    consumers: 'breaks',
    why: 'Blanks at the end no longer carry meaning: what was different may be equal, keys included.',
    rule: 'column-retyped',
  },
  'enum-value-added': {
    words: 'an enum gets a value',
    example: ["enum('new','sent')", "enum('new','sent','lost')"],
    history: 'safe',
    consumers: 'warned',
    unless: 'enums',
    why: 'A reader that lists the values meets one that it does not know.',
    rule: 'column-widened',
  },
  'enum-value-removed': {
    words: 'an enum loses a value',
    example: ["enum('new','sent','lost')", "enum('new','sent')"],
    history: { if: 'kept rows keep the value; who reads history meets it' },
    consumers: 'breaks',
    why: 'Enums are kept as text, so nothing is lost; rows that come in with it are refused, and the stream with them.',
    rule: 'column-narrowed',
  },
  'enum-to-text': {
    words: 'an enum becomes text',
    example: ["enum('new','sent')", 'text'],
    history: 'safe',
    consumers: 'warned',
    unless: 'enums',
    why: 'A reader that lists the values may meet any other.',
    rule: 'column-widened',
  },
  'text-to-enum': {
    words: 'text becomes an enum',
    example: ['text', "enum('new','sent')"],
    history: { if: 'kept texts that are none of its values stay as they are' },
    consumers: 'breaks',
    why: 'Enums are kept as text, so nothing is lost; rows that come in with other texts are refused.',
    rule: 'column-narrowed',
  },
  'time-finer': {
    words: 'seconds get more digits of their fraction',
    example: ['timestamp(3)', 'timestamp'],
    history: 'safe',
    consumers: 'safe',
    why: 'Kept columns have all six digits.',
    rule: null,
  },
  'time-coarser': {
    words: 'seconds get fewer digits of their fraction',
    example: ['timestamp', 'timestamp(3)'],
    history: { if: 'kept times that are finer stay as they are' },
    consumers: 'breaks',
    why: 'Kept columns have all six digits, so nothing is rounded; rows that come in finer are refused.',
    rule: 'column-narrowed',
  },
  'date-to-timestamp': {
    words: 'a date becomes a timestamp',
    example: ['date', 'timestamp'],
    history: { if: 'versions stay in the old column as well: a day is not its midnight' },
    consumers: 'breaks',
    why: 'A reader that compares days compares with midnights.',
    rule: 'column-retyped',
  },
  'timestamp-to-date': {
    words: 'a timestamp becomes a date',
    example: ['timestamp', 'date'],
    history: 'breaks',
    consumers: 'breaks',
    why: 'The time of day is lost.',
    rule: 'column-retyped',
  },
  'zone-changed': {
    words: 'a timestamp gets a time zone, or loses it',
    example: ['timestamp', 'timestamptz'],
    history: { if: 'versions stay in the old column as well: in which zone they were written, no row says' },
    consumers: 'breaks',
    why: 'An engine converts by the zone of whoever runs the statement.',
    rule: 'column-retyped',
  },
  'int-to-decimal': {
    words: 'an integer becomes a decimal',
    example: ['int32', 'decimal(12,0)'],
    history: 'safe',
    consumers: 'breaks',
    why: 'Each number stays itself; drivers and joins meet another type.',
    rule: 'column-retyped',
  },
  'int-to-float': {
    words: 'an integer becomes a float that has bits for all its digits',
    example: ['int32', 'float64'],
    history: { if: 'versions stay in the old column as well' },
    consumers: 'breaks',
    why: 'Each number stays itself; sums and equality of floats are those of floats.',
    rule: 'column-retyped',
  },
  'number-to-other': {
    words: 'a number becomes one of another kind, which has not all its values',
    example: ['decimal(12,4)', 'int32'],
    history: 'breaks',
    consumers: 'breaks',
    why: 'Kept numbers are rounded, without a word, or do not fit.',
    rule: 'column-retyped',
  },
  'value-to-text': {
    words: 'a value of another kind becomes text',
    example: ['int32', 'text'],
    history: { if: 'versions stay in the old column as well' },
    consumers: 'breaks',
    why: 'A reader that adds, compares or sorts does it letter by letter.',
    rule: 'column-retyped',
  },
  'text-to-value': {
    words: 'text becomes a value of another kind',
    example: ['text', 'int32'],
    history: 'breaks',
    consumers: 'breaks',
    why: 'Kept texts that spell no such value fit nowhere.',
    rule: 'column-retyped',
  },
  'family-changed': {
    words: 'the type becomes one of another family',
    example: ['boolean', 'date'],
    history: 'breaks',
    consumers: 'breaks',
    why: 'No value of the one is a value of the other.',
    rule: 'column-retyped',
  },
  'field-added': {
    words: 'a struct gets a field',
    example: ['struct(a int32)', 'struct(a int32,b text)'],
    history: 'safe',
    consumers: 'warned',
    why: 'Older values have null in it. A reader that takes the whole struct finds one more.',
    rule: 'column-widened',
  },
  'field-removed': {
    words: 'a struct loses a field',
    example: ['struct(a int32,b text)', 'struct(a int32)'],
    history: { if: 'versions stay in the old column as well' },
    consumers: 'breaks',
    why: 'Readers that use the field lose it.',
    rule: 'column-narrowed',
  },
};
