import { describe, expect, test } from 'vitest';
import { lineageOf } from '../lineage.ts';
import { all, inputs, parse, told } from '../testing/told.ts';

describe('what is not the own of the engine comes from all inputs', () => {
  test.each([
    ['a function', 'select anonymise(email) x, id from c', 'x <- all; id <- c.id'],
    ['a function of nothing', 'select lookup() x from c', 'x <- all'],
    ['a function of a whole row, which may be a column', 'select email(c) from c', 'email <- all'],
    ['a function whose name has capitals', 'select "Upper"(email) as x from c', 'x <- all'],
    ['a function of another engine', 'select strftime(email, id) x from c', 'x <- all'],
    ['what chooses rows by one', 'select id from c where visible(email)', 'id <- all'],
    [
      'an aggregate, and a window',
      'select mine(id) over () a, mine(id) filter (where true) b from c',
      'a <- all; b <- all',
    ],
    ['a function in FROM', 'select a from c, lookup(c.id) as t(a)', 'a <- all'],
    ['an operator', 'select id <~~> 1 as x, id + 1 as y from c', 'x <- all; y <- c.id'],
    [
      'an operator of a schema',
      'select id operator(my.+) 1 as x, id operator(pg_catalog.+) 1 as y from c',
      'x <- all; y <- c.id',
    ],
    ['an operator of a query', 'select id from c where id operator(my.=) any (select 1)', 'id <- all'],
    ['an operator of an order', 'select id from c order by id using operator(my.<)', 'id <- all'],
    [
      'a type',
      'select id::secret as x, id::int::text as y, email::varchar(3) z from c',
      'x <- all; y <- c.id; z <- c.email',
    ],
    ['a type of a schema', "select my.code '1' as x, pg_catalog.int4 '1' as y from c", 'x <- all; y <-'],
    ['a type of what is taken apart', 'select a from o, json_to_record(o.id) as t(a secret)', 'a <- all'],
    ['a way of sampling', 'select id from c tablesample mine(1)', 'id <- all'],
  ])('%s', (_, query, expected) => {
    expect(told(query)).toBe(expected);
  });

  test.each([
    ['currval', "select currval('s') x from c"],
    ['a setting', "select current_setting('my.secret') x from c"],
    ['large objects', 'select lo_get(1) x from c', 'lo_get'],
    ['files', "select pg_read_file('a') x from c", 'pg_read_file'],
    ['another database', "select x from dblink('db', 'select 1') t(x int)", 'dblink'],
    ['tables by name', "select table_to_xml('c', true, true, '') x from o", 'table_to_xml'],
    ['texts of a query', "select word as x from ts_stat('select v from c')", 'ts_stat'],
  ])('functions of PostgreSQL that look at %s', (_, query, reaching = '') => {
    expect(told(query)).toBe(`x <- all${reaching === '' ? '' : `; reaching ${reaching}`}`);
  });

  test.each([
    ['query', "select * from query('select * from c')", 'query'],
    ['query_table', "select * from query_table('c')", 'query_table'],
    ['read_csv', "select * from read_csv('s3://bucket/x.csv')", 'read_csv'],
    ['parquet_scan', "select * from parquet_scan('x')", 'parquet_scan'],
    ['sqlite_scan', "select * from sqlite_scan('x', 'c')", 'sqlite_scan'],
    ['postgres_query', "select * from postgres_query('x', 'select 1')", 'postgres_query'],
    ['getvariable', "select getvariable('x') x from c"],
    ['histogram, in FROM', "select * from histogram('c', 'email')"],
    ['a macro', 'select mine(1) x from c'],
    ['columns by a pattern', "select columns('e.*') as id from c"],
    ['columns by their number', 'select #2 as x from c'],
  ])('words of DuckDB: %s', (_, query, reaching = '') => {
    const { of, reaching: calls } = lineageOf(parse(query), inputs, 'duckdb');
    expect([[...of('x')].sort().join(' '), calls.join()]).toEqual([all, reaching]);
  });
});

describe('common functions come from what they are given', () => {
  test.each([
    "coalesce(email, 'x')",
    "nullif(lower(trim(email)), '')",
    "regexp_replace(email, 'a', 'b')",
    'count(distinct email)',
    'row_number() over (order by email)',
    'lag(email) over ()',
    'greatest(email, email)',
    "split_part(email, '@', 2)",
    "cast(email as date) at time zone 'UTC'",
    'extract(year from email::date)',
    "date_trunc('day', email::timestamp)",
    "sum(length(email)) filter (where email like 'a%' escape 'x')",
    "email ilike 'x' or email similar to 'y' or email between 'a' and 'b' or email is distinct from 'c'",
    'substring(email from 1 for 2) || current_date',
    "string_agg(email, ',' order by email)",
    'md5(email)',
    'round(avg(length(email)), 2)',
    "email::json ->> 'a'",
    'array_agg(email)',
    'random() + length(email)',
    'to_json(email)',
  ])('%s', (expression) => {
    for (const dialect of ['postgres', 'duckdb'] as const)
      expect(told(`select ${expression} as x from c`, dialect)).toBe('x <- c.email');
  });

  test.each([
    "strftime(email::date, '%Y')",
    "json_extract(email, '$.a')",
    "list_aggregate(string_split(email, ','), 'max')",
    'ifnull(email, 1)',
    'if(email is null, 1, 2)',
    "date_diff('day', email::date, today())",
    'quantile_cont(length(email), 0.5)',
    'formatReadableSize(length(email))',
    'email // 2',
    'max_by(email, email)',
  ])('%s, in DuckDB', (expression) => {
    expect(told(`select ${expression} as x from c`, 'duckdb')).toBe('x <- c.email');
  });

  test.each([
    'to_char(email::date, $$YYYY$$)',
    'jsonb_build_object($$a$$, email)',
    'percentile_cont(0.5) within group (order by length(email))',
    'json_object($$a$$: email)',
    'xmlelement(name a, email)',
    'array_to_string(array[email], $$,$$)',
    'to_tsvector(email) @@ to_tsquery($$a$$)',
    'overlay(email placing $$x$$ from 1)',
    'age(email::timestamp)',
  ])('%s, in PostgreSQL', (expression) => {
    expect(told(`select ${expression} as x from c`)).toBe('x <- c.email');
  });
});
