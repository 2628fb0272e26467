import { group, workspace } from 'freehold';

// A workspace is what one team of consumers reads. Each of its groups has one latency and one purpose, and is published as
// a schema of views of its own: cockpit_dashboard, cockpit_analysis, cockpit_audit. The groups decide which rows move, how
// often, and to which engine.
export default workspace('insight/steering/cockpit', {
  doc: 'What the people who run Larkspur look at.',
  clearance: 'confidential',
  labels: ['pii'],
  priority: 'high',
  readers: ['group:steering'],
  groups: {
    // Single rows by key, seconds after they were committed: this goes to the PostgreSQL replica.
    dashboard: group({
      doc: 'The wall screen in the hall.',
      latency: '10s',
      for: 'lookup',
      read: [
        // Only the columns that the screen shows; others are not even in the view.
        { from: 'retail/sales/shop.customers', columns: ['id', 'name', 'country', 'tier', 'newsletter'] },
        'retail/sales/shop.orders',
        'retail/sales/shop.order_lines',
        'logistics/delivery/parcels.parcels',
        'logistics/delivery/parcels.parcel_scans',
      ],
    }),
    // Sums over everything: this goes to DuckDB, which reads columns.
    analysis: group({
      doc: 'Ad-hoc questions.',
      latency: '1m',
      for: 'analytics',
      read: ['retail/sales/shop.*', 'retail/catalogue/assortment.*', 'logistics/delivery/parcels.*'],
    }),
    // Every version of every row: orders_history, and orders_as_of('2026-03-01') for how things stood at an instant.
    audit: group({
      doc: 'How did it come to this?',
      latency: '1h',
      for: 'reports',
      history: 'full',
      retention: '7y',
      read: [
        'retail/sales/shop.customers',
        'retail/sales/shop.orders',
        'retail/sales/shop.order_lines',
        'retail/catalogue/assortment.*',
        'logistics/delivery/parcels.parcels',
        'logistics/delivery/parcels.shifts',
      ],
    }),
  },
});
