/** Random queries on `c` and `o`, all of whose columns are texts. Their names meet on purpose; some, no engine takes. */
import { type Dice, diceOf } from '../../../review/testing/random-model.ts';

type Range = { readonly alias: string; readonly columns: readonly string[] };
type Scope = { readonly ranges: readonly Range[]; readonly ctes: readonly Range[]; readonly depth: number };

const tables: readonly Range[] = [
  { alias: 'c', columns: ['id', 'email', 'country'] },
  { alias: 'o', columns: ['id', 'customer', 'total'] },
];
const names = ['id', 'email', 'total', 'a', 'b', 'c', 'o', 'q', '"A"', '"C"', 'column1'];

export function randomQuery(seed: number): string {
  const dice = diceOf(seed);
  return query(dice, { ranges: [], ctes: [], depth: 0 }, 1 + dice.below(3)).text;
}

type Query = { readonly text: string; readonly columns: readonly string[] };

function query(dice: Dice, around: Scope, width: number): Query {
  const scope = { ...around, depth: around.depth + 1 };
  if (scope.depth < 3 && dice.odds(6)) return withPart(dice, scope, width);
  if (scope.depth < 3 && dice.odds(6)) {
    const [left, right] = [query(dice, scope, width), query(dice, scope, width)];
    const how = dice.one(['union', 'union all', 'except', 'intersect', 'except all']);
    const order = dice.odds(3) ? ` order by ${1 + dice.below(width)} limit 2` : '';
    return { text: `(${left.text}) ${how} (${right.text})${order}`, columns: left.columns };
  }
  return select(dice, scope, width);
}

function withPart(dice: Dice, scope: Scope, width: number): Query {
  const inner = 1 + dice.below(3);
  const name = dice.one(names);
  const columns = newNames(dice, inner);
  const isRecursive = dice.odds(3);
  const first = query(dice, scope, inner);
  const cte = { alias: name, columns: dice.odds(2) ? columns : first.columns };
  const given = cte.columns === columns ? `(${columns.join(', ')})` : '';
  const ctes = [cte, ...scope.ctes];
  const again = isRecursive ? ` union ${select(dice, { ...scope, ctes, depth: 9 }, inner, cte).text}` : '';
  const last = query(dice, { ...scope, ctes }, width);
  const body = isRecursive ? `(${first.text})${again}` : first.text;
  return {
    text: `with ${isRecursive ? 'recursive ' : ''}${name}${given} as (${body}) ${last.text}`,
    columns: last.columns,
  };
}

function select(dice: Dice, around: Scope, width: number, from?: Range): Query {
  const made =
    from === undefined
      ? ranges(dice, around)
      : { text: `${from.alias} as s`, ranges: [{ ...from, alias: 's' }], star: null };
  const scope = { ...around, ranges: [...made.ranges, ...around.ranges] };
  const isStar = from === undefined && dice.odds(4);
  const all = made.star ?? made.ranges.flatMap(({ columns }) => columns);
  const grouped = !isStar && from === undefined && dice.odds(3) ? column(dice, made.ranges) : null;
  const outputs = newNames(dice, width).map((name) => ({
    text: grouped === null ? expression(dice, scope, 0) : dice.odds(2) ? grouped : aggregate(dice, scope),
    name,
  }));
  if (!isStar && grouped === null && dice.odds(8))
    outputs[0] = { text: `unnest(string_to_array(${column(dice, scope.ranges)}, 'a'))`, name: dice.one(names) };
  const list = isStar ? '*' : outputs.map(({ text, name }) => `${text} as ${name}`).join(', ');
  const where = dice.odds(2) ? ` where ${condition(dice, scope)}` : '';
  const group = grouped === null ? '' : ` group by ${dice.one([grouped, grouped, '1', `rollup(${grouped})`])}`;
  const having = grouped !== null && dice.odds(3) ? ` having ${aggregate(dice, scope)} > 'a'` : '';
  const distinct = dice.odds(5) ? `distinct ${dice.odds(3) ? `on (${dice.one(['1', dice.one(names)])}) ` : ''}` : '';
  const order = dice.odds(4) ? ` order by ${dice.one(['1', dice.one(names), column(dice, made.ranges)])}` : '';
  // Rows that are equal in what they are sorted by come in any order: a limit of them would depend on the engine.
  const limit = order === '' ? '' : dice.odds(2) ? ' limit 0' : '';
  const columns = isStar ? all : outputs.map(({ name }) => name);
  return {
    text: `select ${distinct}${list} from ${made.text}${where}${group}${having}${order}${limit}`,
    columns,
  };
}

type Ranges = { readonly text: string; readonly ranges: readonly Range[]; readonly star: readonly string[] | null };

function ranges(dice: Dice, scope: Scope): Ranges {
  const first = range(dice, scope);
  if (dice.odds(2)) return { text: first.text, ranges: [first], star: null };
  const isLateral = dice.odds(4);
  const second = range(dice, isLateral ? { ...scope, ranges: [first, ...scope.ranges] } : scope, isLateral);
  const shared = first.columns.filter((name) => second.columns.includes(name));
  const [one = 'id'] = dice.odds(2) ? shared : shared.toReversed();
  const both = [...first.columns, ...second.columns];
  const merged = (by: readonly string[]) => [...by, ...both.filter((name) => !by.includes(name))];
  const kind = dice.one(['join', 'left join', 'full join']);
  const by = dice.one([
    { text: `${first.text}, ${second.text}`, star: both },
    { text: `${first.text} cross join ${second.text}`, star: both },
    { text: `${first.text} ${kind} ${second.text} using (${one})`, star: merged([one]) },
    { text: `${first.text} natural ${kind} ${second.text}`, star: merged(shared) },
    {
      text: `${first.text} left join ${second.text} on ${condition(dice, { ...scope, ranges: [first, second] })}`,
      star: both,
    },
  ]);
  if (!dice.odds(5)) return { ...by, ranges: [first, second] };
  const alias = dice.one(names);
  return { text: `(${by.text}) ${alias}`, ranges: [{ alias, columns: by.star }], star: by.star };
}

/** Mostly no two alike. */
function newNames(dice: Dice, count: number): readonly string[] {
  if (dice.odds(6)) return Array.from({ length: count }, () => dice.one(names));
  const left = [...names];
  return Array.from({ length: count }, () => left.splice(dice.below(left.length), 1)[0] ?? 'z');
}

function range(dice: Dice, scope: Scope, isLateral = false): Range & { readonly text: string } {
  const alias = dice.one(names);
  if (scope.depth < 3 && (isLateral || dice.odds(3))) {
    const { text, columns } = query(dice, scope, 1 + dice.below(4));
    const given = dice.odds(2) ? columns : newNames(dice, columns.length);
    return {
      text: `${isLateral ? 'lateral ' : ''}(${text}) ${alias}${given === columns ? '' : `(${given.join(', ')})`}`,
      alias,
      columns: given,
    };
  }
  if (scope.ranges.length > 0 && dice.odds(4)) {
    const from = expression(dice, { ...scope, depth: 9 }, 2);
    if (dice.odds(2))
      return {
        text: `(values (${from}, 'x'), ('y', ${from})${dice.odds(2) ? ` limit (select count(*) from c where ${column(dice, tables.slice(0, 1))} = 'a')` : ''}) ${alias}(a, b)`,
        alias,
        columns: ['a', 'b'],
      };
    return { text: `unnest(string_to_array(${from}, 'a')) ${alias}(a)`, alias, columns: ['a'] };
  }
  const table = dice.one([...tables, ...scope.ctes, ...scope.ctes]);
  const given = dice.odds(5) ? table.columns.map((name) => (dice.odds(2) ? name : dice.one(names))) : table.columns;
  const text = given === table.columns ? '' : `(${given.join(', ')})`;
  return { text: `${table.alias} ${dice.odds(2) ? 'as ' : ''}${alias}${text}`, alias, columns: given };
}

function column(dice: Dice, of: readonly Range[]): string {
  const [first = { alias: 'c', columns: ['id'] }] = of;
  const from = dice.odds(4) && of.length > 0 ? dice.one(of) : dice.odds(2) ? first : (of.at(1) ?? first);
  const name = from.columns.length === 0 ? 'id' : dice.one(from.columns);
  return dice.odds(3) ? name : `${from.alias}.${name}`;
}

function expression(dice: Dice, scope: Scope, depth: number): string {
  const next = () => expression(dice, scope, depth + 1);
  if (depth > 1 || !dice.odds(3)) return column(dice, scope.ranges);
  switch (dice.below(scope.depth < 3 ? 9 : 7)) {
    case 0:
      return `concat(${next()}, ${next()})`;
    case 1:
      return `case when ${condition(dice, scope)} then ${next()} else ${next()} end`;
    case 2:
      return `coalesce(${next()}, 'z')`;
    case 3:
      return `max(${next()}) over (partition by ${next()})`;
    case 4:
      return `nullif(${next()}, ${next()})`;
    case 5:
      return `cast(${dice.one(scope.ranges).alias} as text)`;
    case 6:
      return "'k'";
    default:
      return `(select ${aggregate(dice, scope)} from (${query(dice, scope, 2).text}) ${dice.one(names)}(a, b))`;
  }
}

function aggregate(dice: Dice, scope: Scope): string {
  return dice.one([
    `max(${column(dice, scope.ranges)})`,
    'cast(count(*) as text)',
    `min(${column(dice, scope.ranges)}) filter (where ${column(dice, scope.ranges)} > 'a')`,
    `cast(count(distinct ${column(dice, scope.ranges)}) as text)`,
  ]);
}

function condition(dice: Dice, scope: Scope): string {
  const one = column(dice, scope.ranges);
  const exists = () => `${dice.one(['exists', 'not exists'])} (${query(dice, scope, 1).text})`;
  return dice.one([
    () => `${one} > 'a'`,
    () => `${one} = ${column(dice, scope.ranges)}`,
    () => `${one} is null`,
    () => (scope.depth < 3 ? exists() : `${one} <> 'b'`),
    () => (scope.depth < 3 ? `${one} in (${query(dice, scope, 1).text})` : `${one} = 'b'`),
  ])();
}
