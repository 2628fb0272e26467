import type { Connection } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { list, name, sql } from '../../sql/sql.ts';
import { sameKey } from '../key.ts';
import type { ReadRows } from './read-rows.ts';

/** A row that was read without a key, or two of one key: named by a finding, since neither can be merged. Null: there is none. */
export async function unclearKey(c: Connection, { dataset, table }: ReadRows): Promise<Finding | null> {
  if (dataset.key.length === 0) return null;
  const texts = dataset.key.map((key, i) => sql`${keyText(c, dataset, key)} as ${name(`k${i}`)}`);
  const isNull = list(
    dataset.key.map((key) => sql`r.${name(key)} is null`),
    ' or ',
  );
  const [without] = await c.query(sql`select ${list(texts)} from ${name(table)} r where ${isNull} limit 1`);
  if (without !== undefined) {
    return finding({
      rule: 'read-key-null',
      address: dataset.address,
      message: `a row of '${dataset.address}' at the source has no key: ${shown(dataset, without)}. It could not be told from others, so nothing of this read was merged.`,
      help: 'Give the row a key at the source and make the column not null there, or choose another key.',
    });
  }
  const key = list(dataset.key.map((one) => sql`r.${name(one)}`));
  const [shared] = await c.query(sql`select ${list(texts)}, n.fh_n
    from (select ${key}, count(*) as fh_n from ${name(table)} r group by ${key} having count(*) > 1 order by ${key} limit 1) n
    join ${name(table)} r on ${sameKey(dataset.key, sql`n`, sql`r`)}
    limit 1`);
  if (shared === undefined) return null;
  return finding({
    rule: 'read-key-shared',
    address: dataset.address,
    message: `${String(shared.fh_n)} rows of '${dataset.address}' at the source share the key ${shown(dataset, shared)}. Only one of them could be kept, so nothing of this read was merged.`,
    help: 'Remove the others at the source and make the key unique there, or declare a key that each row has alone.',
  });
}

/** `id=5, part=a`: the key of a row of texts `k0`, `k1` ... */
export function shown(dataset: StreamDataset, row: Readonly<Record<string, unknown>>): string {
  return dataset.key
    .map((key, i) => {
      const value = row[`k${i}`];
      return `${key}=${typeof value === 'string' ? value : 'null'}`;
    })
    .join(', ');
}

/** Canonical text of a key's column of row `r`. */
export function keyText(c: Connection, dataset: StreamDataset, key: string) {
  const column = dataset.columns.find((one) => one.name === key);
  const type = column?.type ?? { kind: 'text' };
  return c.types.canonicalText(type, sql`r.${name(key)}`);
}
