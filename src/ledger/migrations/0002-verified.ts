import { sql } from '../../sql/sql.ts';
import type { Migration } from '../migrate.ts';

export const verified: Migration = {
  number: 2,
  name: 'verified',
  statements: [
    sql`create table freehold_ledger.verified (
      address text primary key,
      round bigint not null,
      at timestamptz,
      checked bigint not null,
      ranges bigint not null,
      differences bigint not null,
      findings text not null,
      kept text)`,
  ],
};
