import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Connection } from '../../engine/connection.ts';
import { wordsFile } from '../../sql/lineage/own/testing/words-file.ts';
import { ownWords } from '../../sql/lineage/own/words.ts';
import { sql } from '../../sql/sql.ts';
import { duckdb } from './engine.ts';

/**
 * Functions whose answer DuckDB calls the same in all their forms, where they are given the same, see that and nothing else;
 * macros of its own do where no query stands in them. For each collation of each language it has one that nobody calls.
 */
const consistent = sql`
  select function_name from duckdb_functions()
  where internal and function_type in ('scalar', 'aggregate', 'macro') and regexp_full_match(function_name, '[a-zA-Z]\\w*')
    and not regexp_matches(function_name, '^icu_collate_')
  group by function_name
  having bool_and(case when function_type = 'macro' then not contains(lower(macro_definition), 'select') else stability = 'CONSISTENT' end)`;

/** Not all of these see what they are given alone: variables may be set from rows, a plan has figures of tables in it. */
const reachingAll = ['current_setting', 'getvariable', 'json_serialize_plan', 'pg_sleep'];

/** Others look at the time, at chance and at the names of where they are. */
const others = `
  current_catalog current_database current_date current_schema current_schemas error gen_random_uuid get_current_time
  get_current_timestamp now random setseed today transaction_timestamp uuid uuidv4 uuidv7
`
  .trim()
  .split(/\s+/);

/** Functions that its parser knows, and its catalogue does not. */
const parsers = {
  construct_array: sql`select construct_array(1, 2)`,
  date: sql`select date('2020-01-01')`,
  grouping_id: sql`select grouping_id(x) from (select 1 as x) group by x`,
  if: sql`select if(true, 1, 2)`,
  ifnull: sql`select ifnull(1, 2)`,
  try: sql`select try(1)`,
  unnest: sql`select unnest([1])`,
};

/** Functions for a FROM that give rows of what they are given. */
const tables = ['generate_series', 'json_each', 'json_tree', 'range', 'repeat', 'repeat_row', 'unnest'];

const file = fileURLToPath(new URL('../../sql/lineage/own/duckdb-words.ts', import.meta.url));

let room: string;
let connection: Connection;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'freehold-words-'));
  const fields = { file: join(room, 'words.duckdb') };
  connection = await duckdb.connect({ engine: 'duckdb', label: 'duckdb', fields }, 'test');
});
afterAll(async () => {
  await connection[Symbol.asyncDispose]();
  await rm(room, { recursive: true, force: true, maxRetries: 10 });
});

test('the list holds what DuckDB has (refresh it: npx vitest run src/engines/duckdb/own-words.test.ts -u)', async () => {
  const functions = (await namesIn(consistent)).filter((name) => !reachingAll.includes(name));
  // Those of comparing and of json are its parser's.
  const operators = await namesIn(sql`select distinct function_name from duckdb_functions()
    where internal and not regexp_matches(function_name, '\\w')`);
  const words = {
    functions: [...functions, ...others, ...Object.keys(parsers)],
    tables,
    series: ['generate_subscripts', 'regexp_split_to_table', 'unnest'],
    words: await namesIn(sql`select keyword_name from duckdb_keywords()
      where keyword_category in ('reserved', 'type_function')`),
    types: await namesIn(sql`select distinct lower(type_name) from duckdb_types()
      where internal and regexp_full_match(type_name, '\\w+')`),
    operators: [...operators, '<', '<=', '<>', '=', '>', '>=', '->', '!~', '!~*', '~*', '!~~~'],
  };
  await expect(wordsFile('duckdb', "DuckDB's catalogue", words)).toMatchFileSnapshot(file);
});

test('it has each that is told of, and none of them is told in text what to read', async () => {
  for (const [name, query] of Object.entries(parsers)) expect([name, await connection.query(query)]).toHaveLength(2);
  const all = await namesIn(sql`select distinct function_name from duckdb_functions() where internal`);
  expect([...others, ...reachingAll, ...tables].filter((name) => !all.includes(name))).toEqual([]);
  const { functions, tables: rows, reaching } = ownWords('duckdb');
  expect([...functions, ...rows].filter((name) => reaching.test(name))).toEqual([]);
});

async function namesIn(query: ReturnType<typeof sql>): Promise<readonly string[]> {
  const rows = await connection.query(query);
  return rows.map((row) => String(Object.values(row)[0]));
}
