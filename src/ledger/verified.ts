import { canonicalJson } from '../base/digest.ts';
import type { Connection, Row } from '../engine/connection.ts';
import type { Finding } from '../findings/finding.ts';
import { sql, value } from '../sql/sql.ts';
import { textOf } from './row.ts';

/** What was last proven of a dataset, and how far the next proof has come. */
export type Verified = {
  readonly address: string;
  /** The last round that was whole for it; 0: none yet. */
  readonly round: number;
  /** When that was, ms since 1970; null: never. */
  readonly atMs: number | null;
  /** Rows and versions compared, in so many ranges. */
  readonly checked: number;
  readonly ranges: number;
  readonly differences: number;
  readonly findings: readonly Finding[];
  /** JSON of what the verifier wants back to go on; null: it is at no dataset's middle. */
  readonly kept: string | null;
};

export async function readVerified(c: Connection): Promise<readonly Verified[]> {
  const rows =
    await c.query(sql`select address, round, (extract(epoch from at) * 1000)::bigint as at_ms, checked, ranges,
      differences, findings, kept
    from freehold_ledger.verified order by address collate "C"`);
  return rows.map(verifiedOf);
}

export async function recordVerified(c: Connection, of: Verified): Promise<void> {
  const at = of.atMs === null ? sql`null` : sql`to_timestamp(${value(of.atMs)}::double precision / 1000)`;
  await c.execute(sql`insert into freehold_ledger.verified as v
      (address, round, at, checked, ranges, differences, findings, kept)
    values (${value(of.address)}, ${value(of.round)}, ${at}, ${value(of.checked)}, ${value(of.ranges)},
      ${value(of.differences)}, ${value(canonicalJson(of.findings))}, ${value(of.kept)})
    on conflict (address) do update set round = excluded.round, at = excluded.at, checked = excluded.checked,
      ranges = excluded.ranges, differences = excluded.differences, findings = excluded.findings, kept = excluded.kept`);
}

/** Forgets what was found of a dataset, since it may name keys that were erased: it is verified anew. Idempotent. */
export async function forgetVerified(c: Connection, address: string): Promise<void> {
  await c.execute(sql`delete from freehold_ledger.verified where address = ${value(address)}`);
}

function verifiedOf(row: Row): Verified {
  const at = textOf(row.at_ms);
  // Written by us, as JSON of exactly this shape.
  const findings: readonly Finding[] = JSON.parse(textOf(row.findings) ?? '[]');
  return {
    address: String(row.address),
    round: Number(row.round),
    atMs: at === null ? null : Number(at),
    checked: Number(row.checked),
    ranges: Number(row.ranges),
    differences: Number(row.differences),
    findings,
    kept: textOf(row.kept),
  };
}
