import { must } from '../../src/base/must.ts';
import type { Connection } from '../../src/engine/connection.ts';
import { sql, words } from '../../src/sql/sql.ts';
import { copyOf, type Reference, type Row, type Transaction } from './reference.ts';

/** Writes random transactions to the source and tells the reference the same. */
export type Driver = {
  readonly transaction: () => Promise<void>;
  /** One transaction of some megabytes. */
  readonly large: () => Promise<void>;
  readonly statements: () => number;
};

/** `isKeyed`: only the tables whose rows have keys. */
export function driver(source: Connection, kept: Reference, random: () => number, isKeyed = false): Driver {
  let statements = 0;
  let counter = 0;
  const below = (n: number) => Math.floor(random() * n);
  const chance = (p: number) => random() < p;
  const run = async (text: string) => {
    statements++;
    await source.execute(sql`${words(text)}`);
  };
  const text = (value: string | null) => (value === null ? 'null' : `'${value.replaceAll("'", "''")}'`);
  const word = () =>
    chance(0.1) ? null : must(['one', 'two', "o'clock", 'größe', 'a, "b"', '', '\\n', '日本'][below(8)], 'word');
  // Too large for its row and not to be compressed, so that an update of something else leaves it out of the log.
  const large = () => (chance(0.4) ? null : `${below(1e9)}-`.repeat(600 + below(200)));
  const amount = () => (chance(0.1) ? null : String(below(100000) / 100));
  const some = (rows: ReadonlyMap<string, Row>): Row | null => [...rows.values()][below(rows.size)] ?? null;

  /** Tables of `now`, changed through these two. */
  function put(now: Transaction, name: string, key: string, row: Row | null): void {
    now.touched.add(name);
    const rows = must(now.rows.get(name), name);
    if (row === null) rows.delete(key);
    else rows.set(key, row);
  }

  async function customers(now: Transaction): Promise<void> {
    const rows = must(now.rows.get('customers'), 'customers');
    const row = some(rows);
    const id = String(below(60));
    const kind = random();
    if (row === null || kind < 0.25) {
      if (rows.has(id)) return;
      const made = { id, name: word(), city: word(), balance: amount(), big: large() };
      await run(
        `insert into customers values (${id}, ${text(made.name)}, ${text(made.city)}, ${made.balance ?? 'null'}, ${text(made.big)})`,
      );
      put(now, 'customers', id, made);
    } else if (kind < 0.5) {
      const changed = { ...row, name: word(), balance: amount() };
      await run(
        `update customers set name = ${text(changed.name)}, balance = ${changed.balance ?? 'null'} where id = ${row.id}`,
      );
      put(now, 'customers', must(row.id, 'id'), changed);
    } else if (kind < 0.6) {
      await run(`update customers set name = name where id = ${row.id}`);
      put(now, 'customers', must(row.id, 'id'), row);
    } else if (kind < 0.7) {
      await run(`delete from customers where id = ${row.id}`);
      put(now, 'customers', must(row.id, 'id'), null);
      if (chance(0.4)) {
        await run(
          `insert into customers values (${row.id}, ${text(row.name ?? null)}, ${text(row.city ?? null)}, ${row.balance ?? 'null'}, ${text(row.big ?? null)})`,
        );
        put(now, 'customers', must(row.id, 'id'), row);
      }
    } else if (kind < 0.8) {
      if (rows.has(id)) return;
      await run(`update customers set id = ${id} where id = ${row.id}`);
      put(now, 'customers', must(row.id, 'id'), null);
      put(now, 'customers', id, { ...row, id });
    } else if (kind < 0.9) {
      const other = some(rows);
      if (other === null || other.id === row.id) return;
      await run(`update customers set id = -1 where id = ${row.id}`);
      await run(`update customers set id = ${row.id} where id = ${other.id}`);
      await run(`update customers set id = ${other.id} where id = -1`);
      put(now, 'customers', must(row.id, 'id'), { ...other, id: must(row.id, 'id') });
      put(now, 'customers', must(other.id, 'id'), { ...row, id: must(other.id, 'id') });
    } else if (kind < 0.99) {
      const city = word();
      const matching = [...rows.values()].filter((each) => Number(each.id) % 3 === 0);
      await run(`update customers set city = ${text(city)} where id % 3 = 0`);
      for (const each of matching) put(now, 'customers', must(each.id, 'id'), { ...each, city });
    } else {
      await run('truncate customers');
      now.touched.add('customers');
      rows.clear();
    }
  }

  async function lines(now: Transaction): Promise<void> {
    const rows = must(now.rows.get('lines'), 'lines');
    const row = some(new Map([...rows].filter(([, each]) => each.b !== 'big')));
    const a = String(below(8));
    const b = must(['x', 'y', 'z z', "q'"][below(4)], 'b');
    const key = `${a}|${b}`;
    const kind = random();
    if (row === null || kind < 0.4) {
      if (rows.has(key)) return;
      const made = { a, b, quantity: String(below(1e6)), note: word() };
      await run(`insert into lines values (${a}, ${text(b)}, ${made.quantity}, ${text(made.note)})`);
      put(now, 'lines', key, made);
      return;
    }
    const at = `a = ${row.a} and b = ${text(row.b ?? null)}`;
    const own = `${row.a}|${row.b}`;
    if (kind < 0.7) {
      const changed = { ...row, quantity: String(Number(row.quantity) + 1) };
      await run(`update lines set quantity = quantity + 1 where ${at}`);
      put(now, 'lines', own, changed);
    } else if (kind < 0.85) {
      if (rows.has(key)) return;
      const note = word();
      await run(`update lines set a = ${a}, b = ${text(b)}, note = ${text(note)} where ${at}`);
      put(now, 'lines', own, null);
      put(now, 'lines', key, { ...row, a, b, note });
    } else {
      await run(`delete from lines where ${at}`);
      put(now, 'lines', own, null);
    }
  }

  async function office(now: Transaction): Promise<void> {
    const rows = must(now.rows.get('tags'), 'tags');
    const row = some(rows);
    const kind = random();
    if (kind < 0.4) {
      const at = String(++counter);
      const what = word();
      await run(`insert into events values (${at}, ${text(what)})`);
      put(now, 'events', at, { at, what });
    } else if (row === null || kind < 0.6) {
      const made = { id: String(below(10)), tag: word() ?? 'none', weight: chance(0.2) ? null : String(below(9)) };
      const key = `${made.id}|${made.tag}`;
      if (rows.has(key)) return;
      await run(`insert into tags values (${made.id}, ${text(made.tag)}, ${made.weight ?? 'null'})`);
      put(now, 'tags', key, made);
    } else {
      const at = `id = ${row.id} and tag = ${text(row.tag ?? null)}`;
      const own = `${row.id}|${row.tag}`;
      if (kind < 0.8) {
        const weight = chance(0.2) ? null : String(below(9));
        await run(`update tags set weight = ${weight ?? 'null'} where ${at}`);
        put(now, 'tags', own, { ...row, weight });
      } else if (kind < 0.9) {
        const id = String(below(10));
        const key = `${id}|${row.tag}`;
        if (rows.has(key)) return;
        await run(`update tags set id = ${id} where ${at}`);
        put(now, 'tags', own, null);
        put(now, 'tags', key, { ...row, id });
      } else {
        await run(`delete from tags where ${at}`);
        put(now, 'tags', own, null);
      }
    }
  }

  async function change(now: Transaction): Promise<void> {
    const which = random();
    if (which < 0.5) await customers(now);
    else if (which < 0.75 || isKeyed) await lines(now);
    else await office(now);
  }

  return {
    statements: () => statements,
    async large() {
      const now = kept.begin();
      const rows = must(now.rows.get('lines'), 'lines');
      const isThere = rows.has('1001|big');
      await run('begin');
      if (isThere) await run('update lines set quantity = quantity + 1 where a > 1000');
      else
        await run(
          "insert into lines select 1000 + g, 'big', g, repeat('n', 2000) || g from generate_series(1, 3000) g",
        );
      for (let i = 1; i <= 3000; i++) {
        const row = rows.get(`${1000 + i}|big`);
        const quantity = row === undefined ? String(i) : String(Number(row.quantity) + 1);
        put(now, 'lines', `${1000 + i}|big`, { a: String(1000 + i), b: 'big', quantity, note: 'n'.repeat(2000) + i });
      }
      await run('commit');
      kept.commit(now);
    },
    async transaction() {
      let now = kept.begin();
      const isRolledBack = chance(0.1);
      await run('begin');
      for (let i = 1 + below(chance(0.1) ? 60 : 8); i > 0; i--) {
        if (chance(0.15)) {
          const before = copyOf(now);
          await run('savepoint s');
          for (let j = below(5); j > 0; j--) await change(now);
          if (chance(0.6)) {
            await run('rollback to savepoint s');
            now = before;
          }
          await run('release savepoint s');
        }
        await change(now);
      }
      await run(isRolledBack ? 'rollback' : 'commit');
      if (!isRolledBack) kept.commit(now);
    },
  };
}
