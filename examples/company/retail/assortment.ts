import {
  approved,
  array,
  binary,
  boolean,
  char,
  datastore,
  date,
  decimal,
  float64,
  int16,
  int32,
  interval,
  json,
  snapshot,
  table,
  text,
  time,
  timestamp,
  varchar,
} from 'freehold';

// The same database can be offered by several teams, each with its own tables. This one is written by hand, to show how;
// shop.ts beside it takes a generated file instead.
export default datastore('retail/catalogue/assortment', {
  doc: 'What can be bought, and where it can be sent.',
  source: 'company',
  // The tables are read as a whole, in one consistent view, and compared with what we hold: only differences move. Needs
  // no right but to read, and suits what is small or changes seldom.
  changes: snapshot(),
  promises: { freshness: '1m' },
  consumers: approved('insight/steering/cockpit.analysis', 'insight/steering/cockpit.audit'),
  classification: 'public',
  datasets: {
    countries: table(
      { doc: 'Where customers live and what tax they pay.', key: ['code'], from: 'shop.countries' },
      {
        code: char(2),
        name: text(),
        local_name: text(),
        currency: char(3),
        vat: decimal(5, 2).doc('Value added tax in percent.'),
        dialling_code: int16().nullable(), // a column is required unless it says otherwise
        delivers: boolean(),
      },
    ),
    products: table(
      { doc: 'What can be bought.', key: ['sku'], from: 'shop.products' },
      {
        sku: varchar(20),
        title: text(),
        price: decimal(12, 2),
        purity: decimal().nullable().doc('As the laboratory gave it, with all its digits.'),
        weight_kg: float64(),
        minimum_age: int16().nullable(),
        keeps_for: interval().nullable(),
        tags: array(text()),
        sizes: array(int32()).nullable(),
        attributes: json().nullable(),
        picture: binary().nullable(),
        dispatch_until: time().nullable(),
        on_sale_since: date(),
        changed_at: timestamp(3),
      },
    ),
  },
});
