import { approved, cdc, datastore, fromSchema } from 'freehold';

// Another team, another zone, the same source database: its log is read once for all who capture from it.
export default datastore('logistics/delivery/parcels', {
  doc: 'Parcels, each scan of them, and who drives.',
  source: 'company',
  changes: cdc(),
  promises: { freshness: '10s' },
  consumers: approved(
    'insight/steering/cockpit.dashboard',
    'insight/steering/cockpit.analysis',
    'insight/steering/cockpit.audit',
  ),
  classification: 'internal',
  datasets: fromSchema('./parcels.schema.yaml', {
    parcels: { columns: { signature: { level: 'confidential', labels: ['pii'] } } },
  }),
});
