import { ansi, type Dialect } from '../../sql/dialect.ts';

export const postgresDialect: Dialect = {
  ...ansi,
  engine: 'postgres',
  upsert: true,
};
