import { approved, cdc, datastore, fromSchema } from 'freehold';

// A datastore is what a producing team offers: one connection, how its changes are read, and its datasets.
//
// Nothing here says when rows move or where they end up: that follows from what consumers ask (see insight/cockpit.ts)
// and from what the environment has (see local.ts).
export default datastore('retail/sales/shop', {
  doc: 'Customers, orders and what people look at in the shop.',
  source: 'company', // a connection by name; each environment binds it to a database
  changes: cdc(), // every committed change, from the database's own log, in order
  promises: { freshness: '10s' },

  // Whom the zone's policies let in (see zone.ts), this list narrows. Remove a line and run `freehold check`.
  consumers: approved(
    'insight/steering/cockpit.dashboard',
    'insight/steering/cockpit.analysis',
    'insight/steering/cockpit.audit',
  ),
  classification: 'internal',

  // Columns, types and keys come from the database: shop.schema.yaml is generated from it, never written by hand.
  // What the database cannot know is said here, and stays when the file is generated again.
  datasets: fromSchema('./shop.schema.yaml', {
    classify: [[/(^|_)(email|birthday|portrait)$/, 'pii']],
    customers: {
      columns: {
        name: { level: 'confidential', labels: ['pii'] },
        email: { level: 'confidential' },
      },
    },
    // A table without a key: its rows are only ever added, so there is nothing to tell apart.
    page_views: { appendOnly: true },
  }),
});
