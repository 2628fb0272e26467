import { dataset } from '../../src/flow/testing/fixture.ts';
import type { Setting } from './setting.ts';
import { type Shape, shaped, transactions } from './shape.ts';
import type { Verdict } from './turns.ts';

/** Rows of one transaction at the source. */
const together = 10;

/**
 * Rows with a text of 8 to 100 kB, kept out of their line (TOAST) and not compressed. Every second change leaves the text as
 * it is, so that the log leaves it out and the version before has to give it.
 */
export function wide(setting: Setting): Promise<readonly Verdict[]> {
  return shaped('wide', setting, [shapeOf(setting.size.wide / 4), shapeOf(setting.size.wide)]);
}

function shapeOf(wanted: number): Shape {
  const times = Math.ceil(wanted / together);
  const rows = times * together;
  const text = (g: string) => `repeat(md5((${g})::text), (250 + ${g} % 2875)::integer)`;
  return {
    datasets: [dataset('documents', ['id'], { id: 'int64', reads: 'int32', body: 'text' }, { keepsDelta: false })],
    made: [
      'create table public.documents (id bigint primary key, reads integer not null, body text not null)',
      'alter table public.documents alter body set storage external',
      `insert into public.documents select g, 0, ${text('g * 7919')} from generate_series(1::bigint, ${rows}) g`,
    ],
    rows,
    changed: [
      transactions(
        times,
        `update public.documents set reads = reads + 1, body = case when id % 2 = 0 then body else ${text('id * 104729')} end
          where id > i * ${together} and id <= (i + 1) * ${together}`,
      ),
    ],
    changes: rows,
  };
}
