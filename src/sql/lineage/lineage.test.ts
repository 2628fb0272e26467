import { describe, expect, test } from 'vitest';
import { sqlParser } from '../../load/sql-parser.ts';
import { conditionOf } from './condition.ts';
import { lineageOf } from './lineage.ts';
import type { SqlDialect } from './own/words.ts';

const parse = await sqlParser();
const inputs = new Map([
  ['c', ['id', 'email', 'country']],
  ['o', ['id', 'customer', 'total']],
]);

const all = 'c.country c.email c.id o.customer o.id o.total';

/** `column <- what it comes from` for each column of the result; what all come from last. */
function told(query: string, dialect: SqlDialect = 'postgres'): string {
  const { of, names, opaque, unread, reaching } = lineageOf(parse(query), inputs, dialect);
  if (opaque !== null) return `opaque: ${opaque}`;
  const lines = [...(names ?? ['?'])].map((name) => `${name} <- ${[...of(name)].sort().join(' ')}`.trimEnd());
  const beyond = [...unread.map((table) => `unread ${table}`), ...reaching.map((call) => `reaching ${call}`)];
  return [...lines, ...beyond].join('; ').replaceAll(all, 'all');
}

describe('a column of a query comes from', () => {
  test.each([
    ['what it names', 'select id, c.email as mail from c', 'id <- c.id; mail <- c.email'],
    [
      'nothing, where it is a constant',
      "select 1 as one, now() as at, 'x' || 'y' as xy from c",
      'one <-; at <-; xy <-',
    ],
    ['what a function is given', 'select concat(email, id) as f from c', 'f <- c.email c.id'],
    [
      'what is cast, cased and computed',
      "select case when id > 1 then upper(email) else 'n' end::text as v from c",
      'v <- c.email c.id',
    ],
    ['every column, by a star', 'select * from c', 'id <- c.id; email <- c.email; country <- c.country'],
    [
      'columns of one side, by its star',
      'select o.*, c.country from o cross join c',
      'id <- o.id; customer <- o.customer; total <- o.total; country <- c.country',
    ],
    [
      'both sides of a join, and what it joins by',
      'select total, email from o join c on c.id = customer',
      'total <- c.id o.customer o.total; email <- c.email c.id o.customer',
    ],
    [
      'the right one of a table joined to itself',
      'select a.email x, b.country y from c a, c b',
      'x <- c.email; y <- c.country',
    ],
    ['what USING merges', 'select id from c join o using (id)', 'id <- c.id o.id'],
    ['what a natural join merges', 'select total from c natural join o', 'total <- c.id o.id o.total'],
    ['what WHERE looks at', "select id from c where email like 'a%'", 'id <- c.email c.id'],
    [
      'what HAVING and GROUP BY look at',
      'select country, count(*) n from c group by country having max(email) > 1',
      'country <- c.country c.email; n <- c.country c.email',
    ],
    [
      'what a number in GROUP BY or ORDER BY means',
      'select email, 1 as one from c order by 1',
      'email <- c.email; one <- c.email',
    ],
    ['an alias in ORDER BY', 'select upper(email) as m, id from c order by m', 'm <- c.email; id <- c.email c.id'],
    ['DISTINCT ON', 'select distinct on (email) id from c', 'id <- c.email c.id'],
    [
      'a window and its parts',
      'select sum(total) over (partition by customer) s, id from o',
      's <- o.customer o.total; id <- o.id',
    ],
    [
      'a named window, which all columns come from',
      'select sum(total) over w s, id from o window w as (partition by customer)',
      's <- o.customer o.total; id <- o.customer o.id',
    ],
    ['a filtered aggregate', 'select count(*) filter (where email is null) n from c', 'n <- c.email'],
    [
      'a query in FROM, with its filters',
      'select x from (select id as x from c where country = $$DE$$) q',
      'x <- c.country c.id',
    ],
    ['a query in FROM with other names', 'select a from (select id, email from c) q(z, a)', 'a <- c.email'],
    [
      'a query in the list of columns',
      'select id, (select max(total) from o where customer = c.id) m from c',
      'id <- c.id; m <- c.id o.customer o.total',
    ],
    [
      'a query in WHERE',
      'select id from o where customer in (select id from c where email is null)',
      'id <- c.email c.id o.customer o.id',
    ],
    ['EXISTS', 'select id from o where exists (select 1 from c where c.country = $$DE$$)', 'id <- c.country o.id'],
    [
      'LATERAL',
      'select l.t from c, lateral (select total t from o where customer = c.id) l',
      't <- c.id o.customer o.total',
    ],
    ['WITH', 'with q as (select email m from c), r as (select m from q) select m from r', 'm <- c.email'],
    ['WITH, with names of its own', 'with q(a, b) as (select id, email from c) select b from q', 'b <- c.email'],
    [
      'WITH that has the name of an input',
      'with c as (select id as email from o) select email from c',
      'email <- o.id',
    ],
    [
      'WITH RECURSIVE, until it adds nothing',
      'with recursive t(a, b, d) as (select id, email, country from c union all select b, d, a from t) select a from t',
      'a <- c.country c.email c.id',
    ],
    ['both sides of a UNION', 'select email as x from c union all select total from o', 'x <- c.email o.total'],
    [
      'all that EXCEPT compares',
      'select id, country from c except select id, customer from o',
      'id <- c.country c.id o.customer o.id; country <- c.country c.id o.customer o.id',
    ],
    ['VALUES', 'select c.id, v.column1 from c, (values (1), (2)) v', 'id <- c.id; column1 <-'],
    [
      'a whole row',
      'select row_to_json(c) j, count(c) n, c.id from c',
      'j <- c.country c.email c.id; n <- c.country c.email c.id; id <- c.id',
    ],
    ['what UNNEST takes apart', 'select u.x from c, unnest(string_to_array(email, $$@$$)) u(x)', 'x <- c.email'],
    ['everything, from a function in FROM that may read anything', 'select x.a from c, lookup(1) x', 'a <- all'],
    [
      'everything, from a query in a text',
      "select query_to_xml('select * from c', true, true, '') x from o",
      'x <- all; reaching query_to_xml',
    ],
    [
      'everything, from a function that is not the own of the engine',
      'select my.lookup() x, pg_catalog.upper(country) y from c',
      'x <- all; y <- c.country',
    ],
    ['a table of its own', 'table c', 'id <- c.id; email <- c.email; country <- c.country'],
    ['names in any case', 'SELECT C.EMAIL AS Mail FROM C', 'mail <- c.email'],
    ['an alias of a join', 'select j.email from (c join o on true) j', 'email <- all'],
    ['a sample', 'select id from c tablesample system (10)', 'id <- c.id'],
    [
      'the name that PostgreSQL gives',
      'select upper(email), coalesce(id, 1), email::text from c',
      'upper <- c.email; coalesce <- c.id; email <- c.email',
    ],
    [
      'a table that is none of its inputs, which may be anything',
      'select s.x from secrets.s, c',
      'x <- all; unread secrets.s',
    ],
  ])('%s', (_, query, expected) => {
    expect(told(query)).toBe(expected);
  });
});

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

describe('everything comes from everything', () => {
  test.each([
    ['what does not parse', 'selec 1', 'syntax error at or near "selec"'],
    ['no query', 'delete from c', 'it is not one SELECT'],
    ['two of them', 'select 1; select 2', 'it is not one SELECT'],
    ['nothing', ' ', 'it is empty'],
    ['one that writes', 'select * into z from c', 'it writes a table of its own (INTO)'],
    [
      'one that writes in WITH',
      'with d as (delete from c returning *) select * from d',
      'a part of its WITH is no SELECT',
    ],
    ['a column that nothing has', 'select nonsense from c', "nothing that it selects from has 'nonsense'"],
    ['a parameter', 'select $1 from c', 'it has a parameter'],
    [
      'sides of different width',
      'select id from c union select id, total from o',
      'the two sides of a set operation have different columns',
    ],
    [
      'a query in a query in a query ...',
      `${'select * from ('.repeat(900)}table c${') q'.repeat(900)}`,
      'it is nested too deeply',
    ],
    [
      'parts that read themselves within parts that do',
      `${'(with recursive q as (table c union all '.repeat(200)}table c${') table q)'.repeat(200)}`,
      'it is nested too deeply',
    ],
    ['an unbounded depth', `select ${'1+'.repeat(4_000)}1`, 'it is nested too deeply'],
  ])('%s', (_, query, reason) => {
    expect(told(query)).toBe(`opaque: ${reason}`);
    expect([...lineageOf(parse(query), inputs, 'postgres').of('any')].sort()).toHaveLength(6);
  });

  test('a column that the result does not have', () => {
    expect([...lineageOf(parse('select id from c'), inputs, 'postgres').of('other')]).toHaveLength(6);
  });
});

describe('a condition on rows', () => {
  test.each([
    ["country = 'DE' and upper(email) <> 'X'", 'country email'],
    ['true -- or is it?', ''],
    ['true) from secrets; select (1', 'refused: it is more than a condition'],
    ['true), (false', 'refused: it is more than a condition'],
    ['true) as x, (select 1', 'refused: it is more than a condition'],
    ['id in (select id from secrets)', 'refused: it has a query in it'],
    ['c.id = 1', 'refused: it names more than columns'],
    ['visible(id)', "refused: 'visible' may look at more than it is given"],
    ["my.lower(country) = 'de'", "refused: 'my.lower' may look at more than it is given"],
    ["id = currval('s')", "refused: 'currval' may look at more than it is given"],
    ["country <~> 'DE'", "refused: '<~>' may look at more than it is given"],
    ["id::secret = '1'", "refused: 'secret' may look at more than it is given"],
    ["list_contains(email, 'x') and id::hugeint > 1 and to_char(country, 'x') is null", 'country email id'],
    ["country = 'DE", 'refused: unterminated quoted string at or near "\'DE\n)"'],
  ])('%s', (text, expected) => {
    const condition = conditionOf(text, parse);
    expect(condition.kind === 'columns' ? condition.columns.join(' ') : `refused: ${condition.reason}`).toBe(expected);
  });
});
