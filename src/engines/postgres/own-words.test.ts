import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connection } from '../../engine/connection.ts';
import { wordsFile } from '../../sql/lineage/own/testing/words-file.ts';
import { ownWords } from '../../sql/lineage/own/words.ts';
import { sql } from '../../sql/sql.ts';
import { postgres } from './engine.ts';
import { noPostgres15, postgres15 } from './testing/installed.ts';
import { testServer } from './testing/server.ts';

/**
 * Functions whose answer PostgreSQL calls immutable in all their forms see what they are given and nothing else. Those
 * that nobody calls by name (of operators, indexes and aggregates) are left out.
 */
const immutable = sql`
  select proname from pg_proc where pronamespace = 'pg_catalog'::regnamespace group by proname
  having bool_and(provolatile = 'i') and bool_or(prokind <> 'p'
    and coalesce(obj_description(oid, 'pg_proc'), '') !~
      '^(implementation of|I/O|aggregate (transition|final|combine|serial|deserial)|less-equal-greater|larger of|smaller of|GI[NS]|hash$|float8 difference|equal image)'
    and not proargtypes::regtype[]::text ~ '(internal|cstring|reg|oid|snapshot|aclitem)'
    and prorettype::regtype::text !~ '^(internal|cstring|aclitem)$')`;

/**
 * Others that see no rows but those that they are given: besides, they look at the time, at chance, at settings such as the
 * zone of time or the language of texts, and at what the catalogue says of a type. Or they are an operator's, and called
 * by name all the same.
 */
const others = `
  age array_cat array_sample array_shuffle array_to_json array_to_string clock_timestamp concat concat_ws convert convert_from
  convert_to current_database current_schema date date_add date_part date_subtract date_trunc enum_first enum_last enum_range
  extract format gen_random_uuid generate_series hashtext hashtextextended json_agg json_agg_strict json_build_array
  json_build_object json_object_agg json_object_agg_strict json_object_agg_unique json_object_agg_unique_strict
  json_populate_record json_populate_recordset json_to_record json_to_recordset json_to_tsvector jsonb_agg jsonb_agg_strict
  jsonb_build_array jsonb_build_object jsonb_concat jsonb_path_exists_tz jsonb_path_match_tz jsonb_path_query_array_tz
  jsonb_path_query_first_tz jsonb_path_query_tz jsonb_populate_record jsonb_populate_recordset jsonb_to_record
  jsonb_to_recordset jsonb_to_tsvector length make_timestamptz money now numeric overlaps pg_collation_for pg_column_size
  pg_typeof phraseto_tsquery plainto_tsquery quote_literal quote_nullable random random_normal row_to_json starts_with
  statement_timestamp textcat time timeofday timestamp timestamptz timetz timezone to_char to_date to_json to_jsonb to_number
  to_timestamp to_tsquery to_tsvector transaction_timestamp ts_headline uuidv4 uuidv7 version websearch_to_tsquery xml
  xml_is_well_formed
`
  .trim()
  .split(/\s+/);

const file = fileURLToPath(new URL('../../sql/lineage/own/postgres-words.ts', import.meta.url));

describe('words of PostgreSQL', () => {
  let connection: Connection;
  beforeAll(async () => {
    const server = await testServer();
    connection = await postgres.connect(server.access(await server.createDatabase('words')), 'test');
  });
  afterAll(() => connection[Symbol.asyncDispose]());

  test('the list holds what it has (refresh it: npx vitest run src/engines/postgres/own-words.test.ts -u)', async () => {
    const functions = [...(await namesIn(connection, immutable)), ...others];
    const operators = await namesIn(connection, sql`select distinct oprname from pg_operator`);
    const types = await namesIn(
      connection,
      sql`select typname from pg_type where typnamespace = 'pg_catalog'::regnamespace and typtype in ('b', 'r', 'm')
        and typcategory not in ('A', 'Z') and typname !~ '^(pg_|gtsvector)'`,
    );
    const series = await namesIn(connection, sql`select distinct proname from pg_proc where proretset`);
    const words = { functions, operators, types, series: series.filter((name) => functions.includes(name)) };
    await expect(wordsFile('postgres', "PostgreSQL's catalogue", words)).toMatchFileSnapshot(file);
  });

  test('it has each that is told of, and none of them is told in text what to read', async () => {
    const all = await namesIn(connection, sql`select distinct proname from pg_proc`);
    expect(others.filter((name) => !all.includes(name))).toEqual([]);
    const { functions, reaching } = ownWords('postgres');
    expect([...functions].filter((name) => reaching.test(name))).toEqual([]);
  });
});

describe.skipIf(noPostgres15 !== null)('words of PostgreSQL 15', () => {
  test('are words of a newer one', async () => {
    await using server = await postgres15();
    await using connection = await postgres.connect(server.access(await server.createDatabase('words')), 'test');
    const { functions } = ownWords('postgres');
    const names = await namesIn(connection, immutable);
    expect(names.filter((name) => !functions.has(name))).toEqual([]);
  });
});

async function namesIn(connection: Connection, query: ReturnType<typeof sql>): Promise<readonly string[]> {
  const rows = await connection.query(query);
  return rows.map((row) => String(Object.values(row)[0]));
}
