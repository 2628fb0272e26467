import { sql } from '../../sql/sql.ts';
import type { Migration } from '../migrate.ts';

export const ledger: Migration = {
  number: 1,
  name: 'ledger',
  statements: [
    sql`create table freehold_ledger.plan (
      number bigint generated always as identity primary key,
      environment text not null,
      digest text not null,
      plan text not null,
      at timestamptz not null default clock_timestamp())`,
    sql`create table freehold_ledger.process (
      id integer generated always as identity primary key,
      name text not null,
      started_at timestamptz not null default clock_timestamp())`,
    sql`create table freehold_ledger.unit (
      unit text primary key,
      process integer,
      epoch bigint not null default 0,
      since timestamptz)`,
    sql`create table freehold_ledger.statistics (
      node text primary key,
      state text,
      ordinal bigint,
      position text,
      merged_rows bigint not null default 0,
      dataset_rows text,
      fresh_at timestamptz,
      last_error text,
      finding text,
      updated_at timestamptz not null)`,
    sql`create table freehold_ledger.audit (
      number bigint primary key,
      at text not null,
      actor text not null,
      verb text not null,
      object text not null,
      detail text not null,
      previous text not null,
      hash text not null)`,
    // The chain's end apart from the chain: without it, entries cut off at the end would not be missed.
    sql`create table freehold_ledger.audit_head (
      one boolean primary key default true check (one), number bigint not null, hash text not null)`,
    sql`create function freehold_ledger.refuse() returns trigger language plpgsql set search_path = pg_catalog as
      'begin raise exception ''the audit log is only ever added to''; end'`,
    sql`create trigger append_only before update or delete or truncate on freehold_ledger.audit
      for each statement execute function freehold_ledger.refuse()`,
    sql`revoke all on schema freehold_ledger from public`,
  ],
};
