import type { Connection } from '../../../engine/connection.ts';
import { sql, value } from '../../../sql/sql.ts';
import type { Random } from './random.ts';
import { familyNames, givenNames, notes, opinions, paths } from './words.ts';

/** What the company remembers between deeds; ids only grow. */
export type Life = { readonly random: Random; lastOrder: number; lastParcel: number };

/** Something that happens in the company, inside one transaction; the number of rows it changed. */
export type Deed = (connection: Connection, life: Life) => Promise<number>;

/** With how often each happens, as a weight. */
export const deeds: readonly (readonly [weight: number, Deed])[] = [
  [40, scanParcel],
  [20, viewPages],
  [14, placeOrder],
  [8, sendParcel],
  [8, changeStatus],
  [4, changeNothing],
  [4, changePrice],
  [3, review],
  [3, swapShift],
  [2, register],
  [2, moveHouse],
  [2, cancelOrder],
  [1, renameProduct],
  [1, forgetCustomer],
  [1, doAndUndo],
];

/** A parcel passes a scanner; at the last step it is handed over, which changes the parcel too. */
async function scanParcel(c: Connection, { random, lastParcel }: Life): Promise<number> {
  const parcel = Math.max(1, lastParcel - Math.floor(random.unit() ** 3 * 3_000));
  const scanned = await c.execute(sql`
    insert into parcel.parcel_scans (parcel_id, step, depot, kind, celsius, scanned_at)
    select p.id, s.last + 1, p.depot, (enum_range(null::parcel.scan_kind))[least(s.last + 1, 5)],
      ${value(random.isLucky(0.01) ? 'NaN' : String(random.between(-100, 350) / 10))}::text::real, now()
    from parcel.parcels as p
    cross join lateral (select coalesce(max(n.step), 0)::smallint as last
      from parcel.parcel_scans as n where n.parcel_id = p.id) as s
    where p.id = ${value(parcel)} and s.last < 5`);
  const handed = await c.execute(sql`
    update parcel.parcels set handed_over_at = now(), signature = ${value(random.bytes(24))}
    where id = ${value(parcel)} and handed_over_at is null
      and exists (select from parcel.parcel_scans as s where s.parcel_id = ${value(parcel)} and s.step = 5)`);
  return scanned + handed;
}

async function viewPages(c: Connection, { random }: Life): Promise<number> {
  return c.execute(sql`
    insert into shop.page_views (at, session, path, took_ms, referrer)
    select now(), ${value(random.uuid())}::uuid, ${value(random.pick(paths))}, n * ${value(String(random.unit() * 90))}::text::real,
      case when n = 1 then ${value(random.isLucky(0.3) ? 'https://example.org/?q=tea' : null)}::text end
    from generate_series(1, ${value(random.between(1, 4))}::integer) as n`);
}

/** An order and its lines in one transaction; the total follows from the lines, so that the order changes twice. */
async function placeOrder(c: Connection, life: Life): Promise<number> {
  const { random } = life;
  const id = ++life.lastOrder;
  let changed = await c.execute(sql`
    insert into shop.orders (id, customer_id, status, total, currency, voucher, note, is_gift, patience, placed_at)
    select ${value(id)}::bigint, c.id, 'placed', 0, k.currency, null, ${value(random.isLucky(0.3) ? random.pick(notes) : null)}::text,
      ${value(random.isLucky(0.2))}::boolean, interval '3 days', now()
    from shop.customers as c join shop.countries as k on k.code = c.country
    where c.id >= ${value(random.uuid())}::uuid order by c.id limit 1`);
  if (changed === 0) return 0;
  changed += await c.execute(sql`
    insert into shop.order_lines (order_id, line, sku, quantity, price, discount)
    select ${value(id)}::bigint, (row_number() over ())::smallint, p.sku, ${value(random.between(1, 4))}::integer, p.price, null
    from (select sku, price from shop.products where sku >= ${value(someSku(random))}
      order by sku limit ${value(random.between(1, 4))}::bigint) as p`);
  return (
    changed +
    (await c.execute(sql`
      update shop.orders set total = (select coalesce(sum(l.quantity * l.price), 0) from shop.order_lines as l where l.order_id = id)
      where id = ${value(id)}`))
  );
}

/** The oldest order that is packed leaves. */
async function sendParcel(c: Connection, life: Life): Promise<number> {
  const { random } = life;
  const [order] = await c.query(sql`
    select id from shop.orders where status in ('packed', 'paid') and id > ${value(random.between(0, life.lastOrder))} order by id limit 1`);
  if (order === undefined) return 0;
  const parcel = ++life.lastParcel;
  const sent = await c.execute(sql`
    insert into parcel.parcels (id, order_id, depot, label, weight_kg, centimetres, promised_within)
    select ${value(parcel)}::bigint, ${value(order.id)}::bigint, d.code, 'LK' || lpad(${value(String(parcel))}::text, 9, '0') || d.country,
      ${value((random.between(50, 30_000) / 1_000).toFixed(3))}::text::numeric, array[30, 20, ${value(random.between(1, 40))}::integer],
      interval '2 days'
    from parcel.depots as d order by d.code offset ${value(random.between(0, 7))}::bigint limit 1`);
  return sent + (await c.execute(sql`update shop.orders set status = 'sent' where id = ${value(order.id)}::bigint`));
}

async function changeStatus(c: Connection, { random, lastOrder }: Life): Promise<number> {
  const from = random.between(1, lastOrder);
  return c.execute(sql`
    update shop.orders set status = case status when 'placed' then 'paid'::shop.order_status when 'paid' then 'packed'
      when 'sent' then 'returned' else status end
    where id between ${value(from)} and ${value(from + random.between(0, 3))}`);
}

/** Rows are written as they were: a log shows changes where there are none. */
async function changeNothing(c: Connection, { random, lastOrder }: Life): Promise<number> {
  const from = random.between(1, lastOrder);
  return c.execute(sql`update shop.orders set note = note where id between ${value(from)} and ${value(from + 2)}`);
}

/** The picture, which may lie out of line, stays as it is: the log does not repeat it. */
async function changePrice(c: Connection, { random }: Life): Promise<number> {
  return c.execute(sql`
    update shop.products set price = round(price * ${value(random.pick(['0.9', '1.05', '1.1']))}::text::numeric, 2) + 0.01, changed_at = now()
    where sku = (select sku from shop.products where sku >= ${value(someSku(random))} order by sku limit 1)`);
}

async function review(c: Connection, { random }: Life): Promise<number> {
  return c.execute(sql`
    insert into shop.reviews (customer_id, sku, stars, body, helpful, written_at)
    select c.id, p.sku, ${value(random.between(1, 5))}::smallint, ${value(random.isLucky(0.8) ? random.pick(opinions) : null)}::text, 0, now()
    from (select id from shop.customers where id >= ${value(random.uuid())}::uuid order by id limit 1) as c
    cross join (select sku from shop.products where sku >= ${value(someSku(random))} order by sku limit 1) as p
    on conflict (customer_id, sku) do update set stars = excluded.stars, helpful = shop.reviews.helpful + 1`);
}

/** The first shift moves behind the last: its day is part of its key. */
async function swapShift(c: Connection, { random }: Life): Promise<number> {
  const courier = random.between(1, 40);
  return c.execute(sql`
    update parcel.shifts as s set day = span.last + ${value(random.between(1, 3))}::integer
    from (select min(day) as first, max(day) as last from parcel.shifts where courier = ${value(courier)}) as span
    where s.courier = ${value(courier)} and s.day = span.first`);
}

async function register(c: Connection, { random }: Life): Promise<number> {
  return c.execute(sql`
    insert into shop.customers (id, email, name, country, tier, newsletter, preferences, registered_at)
    select ${value(random.uuid())}::uuid, 'new.' || left(md5(random()::text), 8) || '@example.net',
      ${value(`${random.pick(givenNames)} ${random.pick(familyNames)}`)}, k.code, 'guest', true, '{"language": "en"}', now()
    from shop.countries as k order by k.code offset ${value(random.between(0, 27))}::bigint limit 1
    on conflict (id) do nothing`);
}

async function moveHouse(c: Connection, { random }: Life): Promise<number> {
  return c.execute(sql`
    update shop.customers set country = (select code from shop.countries order by code offset ${value(random.between(0, 27))}::bigint limit 1),
      preferences = preferences || '{"moved": true}'::jsonb, newsletter = null
    where id = (select id from shop.customers where id >= ${value(random.uuid())}::uuid order by id limit 1)`);
}

/** An order that was not sent is deleted, its lines with it. */
async function cancelOrder(c: Connection, { random, lastOrder }: Life): Promise<number> {
  const id = random.between(1, lastOrder);
  const free = sql`o.id = (select f.id from shop.orders as f where f.id >= ${value(id)} and not exists (
    select from parcel.parcels as p where p.order_id = f.id) order by f.id limit 1)`;
  const lines = await c.execute(
    sql`delete from shop.order_lines as l using shop.orders as o where l.order_id = o.id and ${free}`,
  );
  return lines + (await c.execute(sql`delete from shop.orders as o where ${free}`));
}

/** The key of a product changes, and with it every line and review that names it. */
async function renameProduct(c: Connection, { random }: Life): Promise<number> {
  const sku = `LK-${String(random.between(1, 99_999)).padStart(5, '0')}`;
  return c.execute(sql`
    update shop.products set sku = ${value(sku)}, changed_at = now()
    where sku = (select p.sku from shop.products as p where p.sku >= ${value(someSku(random))}
        and (select count(*) from shop.order_lines as l where l.sku = p.sku) < 60 order by p.sku limit 1)
      and not exists (select from shop.products as p where p.sku = ${value(sku)})`);
}

/** A customer who never ordered is deleted, reviews with them. */
async function forgetCustomer(c: Connection, { random }: Life): Promise<number> {
  return c.execute(sql`
    delete from shop.customers where id = (select u.id from shop.customers as u
      where u.id >= ${value(random.uuid())}::uuid and not exists (select from shop.orders as o where o.customer_id = u.id)
      order by u.id limit 1)`);
}

/** One row changes three times, and half of it is taken back, within one transaction. */
async function doAndUndo(c: Connection, { random, lastOrder }: Life): Promise<number> {
  const id = random.between(1, lastOrder);
  const first = await c.execute(sql`update shop.orders set is_gift = not is_gift where id = ${value(id)}`);
  await c.execute(sql`savepoint regret`);
  await c.execute(sql`update shop.orders set total = 0, note = 'taken back' where id = ${value(id)}`);
  await c.execute(sql`rollback to savepoint regret`);
  return (
    first + (await c.execute(sql`update shop.orders set note = ${value(random.pick(notes))} where id = ${value(id)}`))
  );
}

function someSku(random: Random): string {
  return `LK-${String(random.between(1, 600)).padStart(5, '0')}`;
}
