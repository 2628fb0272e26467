import { describe, expect, test } from 'vitest';
import { conditionOf } from './condition.ts';
import { lineageOf } from './lineage.ts';
import { inputs, parse, told } from './testing/told.ts';

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
    ['an alias of a join', 'select j.email from (c join o on true) j', 'email <- c.email'],
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

describe('columns stand where the engine puts them', () => {
  test.each([
    [
      'USING gives one column of two, in front',
      'select d, a from (select * from c join o using (id)) q(a, b, x, d, e)',
      'd <- c.id o.customer o.id; a <- c.id o.id',
    ],
    ['NATURAL too', 'select d from (select * from c natural join o) q(a, b, x, d, e)', 'd <- c.id o.customer o.id'],
    [
      'of a column that is not the first',
      'select b from (select * from o join (select country, id from c) r using (id)) q(a, b, x, y)',
      'b <- c.id o.customer o.id',
    ],
    [
      'two of one name are two',
      'select b, d from (select * from (select email as x, id as x, country as y from c) p) q(a, b, d)',
      'b <- c.id; d <- c.country',
    ],
    [
      'and so in sides of a set operation',
      'select * from (select email as x, id as x from c) p union all select customer, total from o',
      'x <- c.email c.id o.customer o.total',
    ],
    [
      'what has unknown columns may be many',
      'select b from (select * from json_to_record(1::text::json) t, c) q(a, b, d, e)',
      'b <- c.country c.email c.id',
    ],
    [
      'a join with a name hides what it joins',
      'select j.id, j.total from (c join o using (id)) j',
      'id <- c.id o.id; total <- c.id o.id o.total',
    ],
    ['a join by columns may have a name', 'select k.id from c join o using (id) as k', 'id <- c.id o.id'],
    [
      'columns of a list of definitions',
      'select t.a, c.id from c, json_to_record(c.email::json) as t(a int)',
      'a <- c.email; id <- c.email c.id',
    ],
  ])('%s', (_, query, expected) => {
    expect(told(query)).toBe(expected);
  });

  test.each([
    [
      'USING leaves it where the left side has it',
      'select b from (select * from (select country, id from c) r join o using (id)) q(a, b, x, y)',
      'b <- c.id o.id',
    ],
    [
      'names with capitals are others in PostgreSQL alone',
      'with "C" as (select id as email from o) select email from c',
      'email <- o.id',
    ],
    [
      'a word that this parser takes for a name',
      'select email, row_number() over () r from c qualify (country)',
      "opaque: DuckDB reads 'qualify' as a word of its own",
    ],
    [
      'a kind of join, too',
      'select * from c semi join o using (id)',
      "opaque: DuckDB reads 'semi' as a word of its own",
    ],
    [
      'a space that this parser takes for a letter',
      'select id from c a\u00a0where\u00a0email',
      "opaque: it has a space or a length that DuckDB reads otherwise, in 'a\u00a0where\u00a0email'",
    ],
    ['columns by a pattern may have any name', "select columns('e.*'), id as email from c", '? <- all'],
    ['what has no name', 'select upper(email), id from c', '? <- c.email; id <- c.id'],
    ['names of VALUES', 'select col0 from (values (1)) v, c', 'col0 <-'],
  ])('in DuckDB: %s', (_, query, expected) => {
    expect(told(query, 'duckdb')).toBe(expected);
  });
});

describe('names mean what the engine takes them for', () => {
  test.each([
    [
      'a name with capitals is another',
      'with "C" as (select id as email from o) select email from c',
      'email <- c.email',
    ],
    ['so is that of a table', 'select (select q.id from c "Q" limit 1) x from o q', 'x <- o.id'],
    [
      'a column further out, before a row further in',
      'select (select max(c::text) from o c) x from (select email as c from c) y',
      'x <- c.email o.customer o.id o.total',
    ],
    [
      'all columns of a table, before a column of its name',
      'select row_to_json(c.*) x from c, (select total as c from o) q',
      'x <- c.country c.email c.id',
    ],
    [
      'a name of its own list is not there for its conditions',
      'select (select max(m) from (select 1 as a, email as m from c where n > 1) p) x from (select total as n from o) q',
      'x <- c.email o.total',
    ],
    [
      'what DISTINCT ON names is a column of the result',
      'select distinct on (country) email as country, id from c',
      'country <- c.country c.email; id <- c.country c.email c.id',
    ],
    ['a number in DISTINCT ON', 'select distinct on (1) email, id from c', 'email <- c.email; id <- c.email c.id'],
    [
      'a number in a set of groups',
      'select upper(email) m, count(*) n from c group by rollup(1)',
      'm <- c.email; n <- c.email',
    ],
    [
      'a column of a table further out, where a column further in has the name of the table',
      'select id from c where exists (select 1 from (select total as c from o) q where c.email is null)',
      'id <- c.email c.id o.total',
    ],
    ['a part of a row', 'select (c).email x, (c).secret y from c', 'x <- c.email; y <- all'],
    ['a part of something else, which a function may give', 'select (json_each(email::json)).key x from c', 'x <- all'],
    [
      'WITH RECURSIVE, in any order',
      'with recursive a as (select m from o), o as (select email as m from c) select m from a',
      "opaque: 'o' of its WITH is read before it stands there",
    ],
  ])('%s', (_, query, expected) => {
    expect(told(query)).toBe(expected);
  });
});

describe('what says which rows there are flows into all columns', () => {
  test.each([
    ['DISTINCT', 'select count(*) n from (select distinct email from c) q', 'n <- c.email'],
    ['UNION', 'select count(*) n from (select email from c union select id::text from o) q', 'n <- c.email o.id'],
    [
      'the limit of VALUES',
      "select a from (values (1), (2) limit (select count(*) from c where email = 'a')) v(a)",
      'a <- c.email',
    ],
    [
      'the rate of a sample',
      'select id from c tablesample bernoulli ((select max(total) from o))',
      'id <- c.id o.total',
    ],
    ['a function in FROM', 'select count(*) n from c, generate_series(1, id)', 'n <- c.id'],
    ['a function of somebody in FROM', 'select c.id from c, lookup(1)', 'id <- all'],
    [
      'a function that gives rows',
      'select country, unnest(string_to_array(email, $$@$$)) part from c',
      'country <- c.country c.email; part <- c.email',
    ],
    [
      'SEARCH and CYCLE',
      'with recursive t(a) as (select email from c union all select a from t) search depth first by a set s cycle a set m using p select s, p, 1 one from t',
      's <- c.email; p <- c.email; one <- c.email',
    ],
  ])('%s', (_, query, expected) => {
    expect(told(query)).toBe(expected);
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
