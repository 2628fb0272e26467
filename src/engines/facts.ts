import type { Facts } from '../engine/facts.ts';
import { duckdbFacts } from './duckdb/facts.ts';
import { mysqlFacts } from './mysql/facts.ts';
import { postgresFacts } from './postgres/facts.ts';

/** What every engine can do, by name: data for check and plan; no driver is loaded to know it. */
export const engineFacts: Facts = {
  postgres: postgresFacts,
  duckdb: duckdbFacts,
  mysql: mysqlFacts,
};
