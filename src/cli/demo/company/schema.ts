import { literal, type Sql, sql, words } from '../../../sql/sql.ts';

/**
 * The database of Larkspur, a web shop for tea and stationery that delivers its own parcels: our own invention, made so
 * that every common column type occurs, with keys of one and two columns, foreign keys, an append-only log without a
 * key (page_views), a busy table (parcel_scans) and one that never changes (countries).
 *
 * Statements in the order in which they must run. The second schema, `parcel`, belongs to another team.
 */
export const companySchema: readonly Sql[] = [
  sql`create schema shop`,
  sql`create schema parcel`,
  sql`create type shop.tier as enum ('guest', 'regular', 'gold')`,
  sql`create type shop.order_status as enum ('placed', 'paid', 'packed', 'sent', 'returned')`,
  sql`create type parcel.scan_kind as enum ('picked up', 'sorted', 'loaded', 'at the door', 'handed over', 'returned')`,

  sql`create table shop.countries (
    code character(2) primary key,
    name text not null,
    local_name text not null,
    currency character(3) not null,
    vat numeric(5,2) not null,
    dialling_code smallint,
    delivers boolean not null
  )`,

  sql`create table shop.customers (
    id uuid primary key,
    email character varying(120) not null,
    name text not null,
    country character(2) not null references shop.countries (code),
    birthday date,
    tier shop.tier not null,
    newsletter boolean,
    preferences jsonb not null,
    affinity real,
    portrait bytea,
    registered_at timestamp with time zone not null
  )`,

  sql`create table shop.products (
    sku character varying(20) primary key,
    title text not null,
    price numeric(12,2) not null,
    purity numeric,
    weight_kg double precision not null,
    minimum_age smallint,
    keeps_for interval,
    tags text[] not null,
    sizes integer[],
    attributes json,
    picture bytea,
    dispatch_until time without time zone,
    on_sale_since date not null,
    changed_at timestamp(3) without time zone not null
  )`,

  sql`create table shop.orders (
    id bigint primary key,
    customer_id uuid not null references shop.customers (id),
    status shop.order_status not null,
    total numeric(12,2) not null,
    currency character(3) not null,
    voucher character varying(16),
    note text,
    is_gift boolean not null,
    deliver_after time without time zone,
    patience interval,
    placed_at timestamp with time zone not null
  )`,

  sql`create table shop.order_lines (
    order_id bigint not null references shop.orders (id) on delete cascade,
    line smallint not null,
    sku character varying(20) not null references shop.products (sku) on update cascade,
    quantity integer not null,
    price numeric(12,2) not null,
    discount numeric,
    primary key (order_id, line)
  )`,

  sql`create table shop.reviews (
    customer_id uuid not null references shop.customers (id) on delete cascade,
    sku character varying(20) not null references shop.products (sku) on update cascade,
    stars smallint not null,
    body text,
    helpful integer not null,
    written_at timestamp without time zone not null,
    primary key (customer_id, sku)
  )`,

  sql`create table shop.page_views (
    at timestamp with time zone not null,
    session uuid not null,
    path text not null,
    took_ms real not null,
    referrer text
  )`,

  sql`create table parcel.depots (
    code character(4) primary key,
    name text not null,
    country character(2) not null references shop.countries (code),
    latitude double precision not null,
    longitude double precision not null,
    opens time without time zone not null,
    closes time without time zone not null,
    holidays date[] not null
  )`,

  sql`create table parcel.parcels (
    id bigint primary key,
    order_id bigint not null references shop.orders (id),
    depot character(4) not null references parcel.depots (code),
    label character varying(30) not null,
    weight_kg numeric(8,3) not null,
    centimetres integer[] not null,
    signature bytea,
    promised_within interval not null,
    handed_over_at timestamp with time zone
  )`,

  sql`create table parcel.parcel_scans (
    parcel_id bigint not null references parcel.parcels (id) on delete cascade,
    step smallint not null,
    depot character(4) not null references parcel.depots (code),
    kind parcel.scan_kind not null,
    celsius real,
    scanned_at timestamp with time zone not null,
    primary key (parcel_id, step)
  )`,

  sql`create table parcel.shifts (
    courier integer not null,
    day date not null,
    depot character(4) not null references parcel.depots (code),
    hours numeric(4,2) not null,
    van text,
    primary key (courier, day)
  )`,

  sql`create index orders_by_customer on shop.orders (customer_id)`,
  sql`create index order_lines_by_product on shop.order_lines (sku)`,
  sql`create index reviews_by_product on shop.reviews (sku)`,
  sql`create index parcels_by_order on parcel.parcels (order_id)`,

  ...comments().map(([object, text]) => sql`comment on ${words(object)} is ${literal(text)}`),
];

/** Tables in the order in which they can be filled. */
export const companyTables = [
  ['shop', 'countries'],
  ['shop', 'customers'],
  ['shop', 'products'],
  ['shop', 'orders'],
  ['shop', 'order_lines'],
  ['shop', 'reviews'],
  ['shop', 'page_views'],
  ['parcel', 'depots'],
  ['parcel', 'parcels'],
  ['parcel', 'parcel_scans'],
  ['parcel', 'shifts'],
] as const;

function comments(): readonly (readonly [object: string, text: string])[] {
  return [
    ['table shop.countries', 'Where customers live and what tax they pay. Kept by hand; hardly ever changes.'],
    ['column shop.countries.vat', 'Value added tax in percent.'],
    ['table shop.customers', 'Everyone who ever ordered or opened an account.'],
    ['column shop.customers.email', 'As typed; not unique, since families share one.'],
    ['column shop.customers.name', 'As on the invoice, in the customer\u2019s own script.'],
    ['column shop.customers.affinity', 'How much of a tea person: from -1 (coffee) to 1.'],
    ['table shop.products', 'What can be bought. A product that was renamed keeps its orders.'],
    ['column shop.products.purity', 'As the laboratory gave it, with all its digits.'],
    ['column shop.products.keeps_for', 'From the day of packing.'],
    ['column shop.products.dispatch_until', 'Orders before this hour leave the same day.'],
    ['table shop.orders', 'One row for each checkout.'],
    ['column shop.orders.patience', 'How long the customer said to be willing to wait.'],
    ['table shop.order_lines', 'What was ordered, as priced on that day.'],
    ['table shop.reviews', 'One review for each customer and product.'],
    ['table shop.page_views', 'Append-only log of the shop\u2019s pages; it has no key.'],
    ['table parcel.depots', 'Where parcels are sorted.'],
    ['table parcel.parcels', 'Each parcel that left a depot.'],
    ['column parcel.parcels.centimetres', 'Length, width and height.'],
    ['table parcel.parcel_scans', 'Every time that a parcel passed a scanner: the busiest table.'],
    ['column parcel.parcel_scans.celsius', 'What the scanner measured; NaN from a broken one.'],
    ['table parcel.shifts', 'Who drives when. Shifts are swapped, so their days change.'],
  ];
}
