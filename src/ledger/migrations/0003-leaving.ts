import { sql } from '../../sql/sql.ts';
import type { Migration } from '../migrate.ts';

export const leaving: Migration = {
  number: 3,
  name: 'leaving',
  statements: [
    sql`create table freehold_ledger.leaving (
      environment text not null,
      number integer not null,
      capture text not null,
      primary key (environment, number))`,
  ],
};
