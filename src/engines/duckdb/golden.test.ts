import { expect, test } from 'vitest';
import { render } from '../../sql/render.ts';
import { type Sql, sql } from '../../sql/sql.ts';
import { parseType, typeText } from '../../types/text.ts';
import { duckdbDialect } from './dialect.ts';
import { duckdbTypes } from './types.ts';

const spelled = [
  ...['boolean', 'int8', 'int16', 'int32', 'int64', 'decimal(12,2)', 'decimal(3,3)', 'decimal(39,0)', 'decimal'],
  ...['float32', 'float64', 'char(3)', 'varchar(10)', 'text', 'binary', 'date', 'time', 'timestamp', 'timestamptz'],
  ...['interval', 'uuid', 'json', "enum('a')", 'array(text)', 'array(date)'],
];

// After a change that is meant:  npx vitest run src/engines/duckdb/golden.test.ts -u
test('the SQL of every type is what was reviewed', async () => {
  const lines = spelled.flatMap((text) => {
    const type = parseType(text);
    if (type === null) throw new Error(text);
    const says = (what: string, statement: Sql) => `-- ${what}\n${render(statement, duckdbDialect).text}`;
    return [
      `---- ${typeText(type)}`,
      says('physical', duckdbTypes.physical(type)),
      says('to transport', duckdbTypes.toTransport(type, sql`c`)),
      says('from transport', duckdbTypes.fromTransport(type, sql`t`)),
      says('canonical text', duckdbTypes.canonicalText(type, sql`c`)),
      '',
    ];
  });
  const hash = render(duckdbTypes.textHash(sql`t`), duckdbDialect).text;
  await expect(`${lines.join('\n')}\n---- hash of a text\n${hash}\n`).toMatchFileSnapshot('golden.sql');
});
