import type { Connection } from '../../src/engine/connection.ts';
import { run } from '../../src/flow/testing/fixture.ts';
import { literal, sql, words } from '../../src/sql/sql.ts';
import { drains } from './drain.ts';
import { columns, rows } from './orders.ts';
import type { Setting } from './setting.ts';
import { judge, type Verdict } from './turns.ts';

/** Rows of one small transaction at the source. */
const together = 1000;

/** Changes as a busy source has them, drained into current rows and into full history; the subscription keeps no history. */
export async function cdc(setting: Setting): Promise<readonly Verdict[]> {
  const { rows: count, changes, giant } = setting.size;
  const { changed, times, peak } = await drains(setting, (from) =>
    makeChanges(from, { rows: count, changes, giant, together, done: 0 }),
  );
  const floor = times('floor');
  return [
    judge('cdc live', changed, { floor, ours: times('live') }, { is: 'at least', ratio: 1.15 }, peak),
    judge('cdc split', changed, { floor, ours: times('split') }, { is: 'at least', ratio: 0.65 }, peak),
  ];
}

/** `done`: transactions of this kind that were made of the same table before. `giant`: rows of the one large transaction. */
type Changes = {
  readonly rows: number;
  readonly changes: number;
  readonly giant: number;
  readonly together: number;
  readonly done: number;
};

/**
 * Six updates to two inserts and two deletes, so many together in a transaction; in their middle one transaction that
 * updates many rows. How many changes they were.
 */
export async function makeChanges(from: Connection, size: Changes): Promise<number> {
  const { together, done } = size;
  const transactions = Math.ceil(size.changes / together);
  const [updated, moved] = [together * 0.6, together * 0.2];
  await run(from, 'create table public.changed (rows bigint)');
  await from.execute(
    sql`do ${literal(`declare n bigint; touched bigint := 0; begin
    for i in ${done}..${done + transactions - 1} loop
      update public.orders set total = total + 1, shipped = clock_timestamp() where id in
        (select 1 + (i * ${updated} + g) * 48271::bigint % ${size.rows} from generate_series(1, ${updated}) g);
      get diagnostics n = row_count; touched := touched + n;
      insert into public.orders select id + ${size.rows} + i * ${moved}, ${columns.replace('id, ', '')}
        from (${words(rows(1, moved)).texts.join('')}) r(${columns});
      get diagnostics n = row_count; touched := touched + n;
      delete from public.orders where id > i * ${moved} and id <= (i + 1) * ${moved};
      get diagnostics n = row_count; touched := touched + n;
      commit;
      if ${size.giant} > 0 and i = ${done + Math.floor(transactions / 2)} then
        update public.orders set customer = customer + 1
          where id in (select id from public.orders order by id limit ${size.giant});
        get diagnostics n = row_count; touched := touched + n;
        commit;
      end if;
    end loop;
    insert into public.changed values (touched); end`)}`,
  );
  const [row] = await from.query(sql`select rows from public.changed`);
  await run(from, 'drop table public.changed');
  return Number(row?.rows);
}
