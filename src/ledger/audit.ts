import { canonicalJson, digestJson, type Json } from '../base/digest.ts';
import type { Connection, Row } from '../engine/connection.ts';
import { sql, value } from '../sql/sql.ts';
import { locks, writerLocks } from './locks.ts';
import { textOf } from './row.ts';

export type AuditEvent = {
  /** Who: `user:ana`, `process:host/1234`. */
  readonly actor: string;
  /** `apply`, `publish`, `take-over`. */
  readonly verb: string;
  /** What it was done to: an address, a node, an environment. */
  readonly object: string;
  /** Holds no secret. */
  readonly detail: Json;
};

export type AuditEntry = AuditEvent & { readonly number: bigint; readonly at: string; readonly hash: string };

/** Adds an event. Each entry's hash covers the one before, so that no edit stays unseen. */
export function appendAudit(c: Connection, event: AuditEvent): Promise<void> {
  return c.transaction(async () => {
    await c.query(sql`select pg_advisory_xact_lock(${value(writerLocks)}, ${value(locks.audit)})`);
    const [head] = await c.query(sql`select number, hash,
      to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
      from (select 1) one left join freehold_ledger.audit_head on true`);
    const number = String(BigInt(textOf(head?.number) ?? 0) + 1n);
    const previous = textOf(head?.hash) ?? origin;
    const at = String(head?.at);
    const hash = hashOf({ ...event, number, at, previous });
    await c.execute(sql`insert into freehold_ledger.audit (number, at, actor, verb, object, detail, previous, hash)
      values (${value(number)}, ${value(at)}, ${value(event.actor)}, ${value(event.verb)}, ${value(event.object)},
        ${value(canonicalJson(event.detail))}, ${value(previous)}, ${value(hash)})`);
    await c.execute(sql`insert into freehold_ledger.audit_head (number, hash) values (${value(number)}, ${value(hash)})
      on conflict (one) do update set number = excluded.number, hash = excluded.hash`);
  });
}

export type AuditVerdict =
  | { readonly kind: 'whole'; readonly entries: number; readonly head: string }
  /** `at`: the number of the first entry that does not fit. */
  | { readonly kind: 'broken'; readonly at: string; readonly why: string };

/** Recomputes the whole chain in one view of the log. Whoever rewrites all of it and its head is found only by a head noted elsewhere. */
export function verifyAudit(c: Connection): Promise<AuditVerdict> {
  return c.transaction(
    async () => {
      let previous: string = origin;
      let number = 0n;
      for (;;) {
        const rows = await c.query(sql`select number, at, actor, verb, object, detail, previous, hash
          from freehold_ledger.audit where number > ${value(String(number))}::bigint order by number limit 1000`);
        for (const row of rows) {
          number += 1n;
          const why = whyBroken(row, number, previous);
          if (why !== null) return { kind: 'broken', at: String(number), why };
          previous = String(row.hash);
        }
        if (rows.length === 0) break;
      }
      const [head] = await c.query(sql`select number, hash from freehold_ledger.audit_head`);
      const isWhole = (textOf(head?.number) ?? '0') === String(number) && (textOf(head?.hash) ?? origin) === previous;
      return isWhole
        ? { kind: 'whole', entries: Number(number), head: previous }
        : { kind: 'broken', at: String(number + 1n), why: 'entries at the end are missing' };
    },
    { isolation: 'repeatable read', readOnly: true },
  );
}

const origin = '0'.repeat(64);

function whyBroken(row: Row, number: bigint, previous: string): string | null {
  if (String(row.number) !== String(number)) return 'an entry is missing';
  if (row.previous !== previous) return 'it does not follow the entry before it';
  const detail: Json = parsed(String(row.detail));
  const hash = hashOf({
    number: String(row.number),
    at: String(row.at),
    actor: String(row.actor),
    verb: String(row.verb),
    object: String(row.object),
    detail,
    previous,
  });
  return hash === row.hash && canonicalJson(detail) === row.detail ? null : 'it was edited';
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function hashOf(
  entry: AuditEvent & { readonly number: string; readonly at: string; readonly previous: string },
): string {
  return digestJson(entry);
}

/** The latest entries, newest first. */
export async function readAudit(c: Connection, limit: number): Promise<readonly AuditEntry[]> {
  const rows = await c.query(sql`select number, at, actor, verb, object, detail, hash
    from freehold_ledger.audit order by number desc limit ${value(limit)}`);
  return rows.map((row) => ({
    number: BigInt(String(row.number)),
    at: String(row.at),
    actor: String(row.actor),
    verb: String(row.verb),
    object: String(row.object),
    detail: parsed(String(row.detail)),
    hash: String(row.hash),
  }));
}
