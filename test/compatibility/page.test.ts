import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Mesh } from '../../src/model/model.ts';
import { type Change, type Row, table } from '../../src/review/compatibility/table.ts';
import { type Deed, engineWays, plainAlters, type Way, wayOn } from '../../src/review/compatibility/ways.ts';

const page = fileURLToPath(new URL('../../docs/compatibility.md', import.meta.url));
const changes = Object.keys(table).filter((change): change is Change => change in table);

test('the page is what the data says (refresh it: npx vitest run test/compatibility -u)', async () => {
  await expect(pageText()).toMatchFileSnapshot(page);
});

function pageText(): string {
  const ofTypes = changes.filter((change) => table[change].example !== undefined);
  const ofModel = changes.filter((change) => table[change].example === undefined);
  return [
    '# Compatibility: what each change does',
    '',
    'Every change of a datastore is answered three times. **History**: can kept rows be read, unfalsified? **Readers**: does each',
    'one that uses what changes go on working? **How**: what is it to carry the change out on kept tables? `freehold review`',
    'judges by this table in its third phase. Its data is in [`src/review/compatibility`](../src/review/compatibility/table.ts); this',
    'page is written from it, and `test/compatibility` carries out each row on PostgreSQL and DuckDB, on a table with 1,000 rows, a',
    'closed version of each, views and a key, and compares claim and deed.',
    '',
    '## Columns, keys, datasets and where rows come from',
    '',
    ...rowsOf(ofModel, false),
    '',
    '## Types',
    '',
    'What is inside of arrays, maps and structs is judged alike, part by part. Of several of these at once each is said; what breaks is one finding, which takes one consent.',
    '',
    ...rowsOf(ofTypes, true),
    '',
    '## Why',
    '',
    ...changes.map((change) => `* **${capital(table[change].words)}**: ${table[change].why}`),
    '',
    '## How a change is carried out',
    '',
    'Kept columns are wide (texts without a length, times with all six digits, nothing required but keys), so most widenings',
    'change nothing that is stored; and what is stored is shown through views, which are made anew in one transaction.',
    '',
    ...Object.entries(wayWords).map(([way, words]) => `* *${way}*: ${words}`),
    '',
    'What an apply does of it, step by step, is in [Schema changes](schema-changes.md). A new key is refused',
    '([key-kept](rules/key-kept.md)), and a stream moves to another store with its history ([how](flow.md#another-store)). On DuckDB a *rewrite* goes as a *new column*, in one',
    'transaction that no reader waits for. Columns and datasets keep their values under the name that they had first.',
    '',
    '## What a plain `alter` does',
    '',
    "Why tables are not simply altered: what the engine's own statement did when it was run on a table alone, under a view, and on",
    'the column of a key. *falsified*: done, and old versions changed. *done*: the engine gives no cheap proof whether rows were',
    'touched.',
    '',
    ...alterTable(),
    '',
    '## Engines',
    '',
    'PostgreSQL and DuckDB are as executed. The others are from their documentation, until their engine exists here.',
    '',
    ...engineTables(),
    '## Who is asked',
    '',
    'A reader is a group or a transformer. It breaks where its reference uses what changed, in base and still in head: by listing',
    'the column, by taking all columns, by a mask on it, or by a condition on rows. One that changes along in the same proposal, or is',
    'new, has nothing to break. Readers outside of production count as well. A reader that sees nothing in place of the values (`mask: null`) minds only that the column is there.',
    "`nulls: 'ok'` in a reference copes with nulls, `enums: 'open'` with new values of enums.",
    '',
    "A change that breaks needs the consent of the producer's zone and of the team of every reader that breaks; where only history",
    "breaks, of the zone. The producer's own team has said its word by the change. What only warns needs nobody's.",
    '',
    '* **Production.** A datastore that is not in production may break: the same is said as a warning and asks nobody, for no reader',
    '  in production can read it. Whether more people may see a column is asked everywhere; so is the zone that a datastore',
    '  leaves ([zone-left](rules/zone-left.md)), whose policies hold for its rows no more.',
    '* **Deprecation.** Once the day has come that the deprecation of a column, its dataset or its datastore named, readers of',
    '  everything no longer hold it. In production a review lets nothing be removed before that day.',
    '* **Going at once.** A release may skip changes. It never needs a consent that no change on its way needed, but one: a required',
    "  column that is there at once needs the zone's word, where adding it first and requiring it later needs plan's proof. A",
    '  deprecation that is skipped as well has told nobody. Where no change takes back what an earlier one did, it needs every',
    '  consent about what was there at the beginning that a change on the way needed of a reader of everything.',
    '',
    "## The mesh's own words",
    '',
    "They are the word of the mesh's owner, and some of them protect what others own. One that protects less asks those whose things",
    'it protected, all in one finding: [protection-lowered](rules/protection-lowered.md). One that protects more is judged by the first',
    'phase, with all that it makes wrong: who reads moves first.',
    '',
    '| word | what judges a change of it |',
    '|---|---|',
    ...Object.entries(meshWords).map(([word, judged]) => `| \`${word}\` | ${judged} |`),
    '',
    '## What things are known by',
    '',
    'A dataset or column is known by the first name that it had (`formerly` lists them, oldest first) and by how many of that name',
    'are gone (`tombstones`). Renamed it is the same, with all its versions. One that takes the name of a removed one is another,',
    'and is kept in a column of its own. So:',
    '',
    '* to rename, change the name and add the old one at the end of `formerly`; two may swap names so;',
    '* to remove, add `{ name, removed }` to the `tombstones` of what it was in: its *first* name, and the day;',
    '* a name that another one had first, and that is still there, is taken ([name-taken](rules/name-taken.md)).',
    '',
    'Both lists are only ever added to ([identity-lost](rules/identity-lost.md),',
    '[tombstone-missing](rules/tombstone-missing.md)). Outside of production nothing is asked: there a thing is known by its name.',
    'A datastore in production that goes as a whole leaves the same marks: it stays at its address with  `datasets: {}`  and a',
    'tombstone for each dataset, for which no environment need bind its source. Or its zone consents to go without: from then on',
    'the address is free, and what is declared there is taken for what was. One that moves by an offer is warned of that.',
    '',
  ].join('\n');
}

/** Every attribute of the mesh, by what a review says where it changes. */
const meshWords: Readonly<Record<keyof Mesh, string>> = {
  name: 'never: [mesh-replaced](rules/mesh-replaced.md)',
  language: 'the loader: there is one',
  doc: 'nobody else',
  owner: 'both owners, by offer or at once: [authorization](authorization.md)',
  zones: 'as `owner`; one goes when nothing of it is left: [undeclared-with-content](rules/undeclared-with-content.md)',
  environments: 'as `zones`',
  vendors:
    'the first phase: what stands at a location that is gone is [unknown-location](rules/unknown-location.md). One more opens nothing, for only its owner puts a container of an environment there',
  classification:
    'less where the order of levels, or one that goes, opens columns to a lower clearance (what says no level has the highest), or where a label goes behind one more mask: each zone with such columns consents. One more level, wherever, opens nothing',
  regulators:
    'less where the region grows: the team of each group that answers to it consents. A shorter retention is a warning, for what groups keep stays what they say',
  signers: "nobody else: whose signatures are the mesh's word",
  recovery:
    'less with fewer signatures or a shorter waiting time: a warning, since a party whose owner is gone could not consent',
};

function rowsOf(of: readonly Change[], isOfTypes: boolean): readonly string[] {
  const head = ['change', ...(isOfTypes ? ['such as'] : []), 'history', 'readers', 'found by', 'PostgreSQL', 'DuckDB'];
  return [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...of.map((change) => {
      const row = table[change];
      const [from, into] = row.example ?? [];
      const cells = [
        row.words,
        ...(isOfTypes ? [`\`${from}\` to \`${into}\``] : []),
        historyText(row),
        readersText(row),
        row.rule === null ? '' : `[${row.rule}](rules/${row.rule}.md)`,
        wayOn('postgres', change),
        wayOn('duckdb', change),
      ];
      return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
    }),
  ];
}

function historyText({ history }: Row): string {
  return typeof history === 'string' ? history : `safe if ${history.if}`;
}

function readersText({ consumers, unless }: Row): string {
  const but = { nulls: " unless `nulls: 'ok'`", enums: " unless `enums: 'open'`" };
  return `${consumers}${unless === undefined ? '' : but[unless]}`;
}

const wayWords: Readonly<Record<Way, string>> = {
  nothing: 'nothing that is stored changes, nor do views;',
  views: 'views are made anew;',
  metadata: 'the catalogue changes and no row is touched; views in the way are made anew in the same transaction;',
  rewrite: 'one statement that touches every row, in place;',
  'new column':
    'a column beside the old one, filled in batches by key, then the views switch; the old one stays for old versions, and where values do not fit the new one begins empty;',
  'new table': 'a table beside the old one, then the views switch; the old one stays for old versions;',
  impossible: 'the engine cannot hold it.',
};

function alterTable(): readonly string[] {
  const deeds = (engine: 'postgres' | 'duckdb', change: Change) => {
    const alter = plainAlters[engine][change];
    return [alter?.alone, alter?.viewed, alter?.keyed].map((deed: Deed | undefined) => deed ?? '');
  };
  const known = changes.filter((change) => plainAlters.postgres[change] ?? plainAlters.duckdb[change]);
  return [
    '| change | PostgreSQL: alone | viewed | key | DuckDB: alone | viewed | key |',
    '|---|---|---|---|---|---|---|',
    ...known.map(
      (change) => `| ${[table[change].words, ...deeds('postgres', change), ...deeds('duckdb', change)].join(' | ')} |`,
    ),
  ];
}

function engineTables(): readonly string[] {
  return Object.values(engineWays).flatMap(({ title, source, ways, notes }) => {
    const said = changes.filter((change) => ways[change] !== undefined || notes[change] !== undefined);
    return [
      `### ${title}`,
      '',
      source === 'executed' ? 'As executed.' : `From [its documentation](${source}). What is not here goes as usual.`,
      '',
      '| change | how | |',
      '|---|---|---|',
      ...said.map((change) => `| ${table[change].words} | ${wayOn(keyOf(title), change)} | ${notes[change] ?? ''} |`),
      '',
    ];
  });
}

function keyOf(title: string): string {
  return Object.keys(engineWays).find((engine) => engineWays[engine]?.title === title) ?? '';
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
