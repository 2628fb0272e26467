import { duckdb, environment, postgres } from 'freehold';

// An environment says where the mesh runs. This one needs nothing but this machine: `embedded` is a real PostgreSQL of
// Freehold's own, kept below .freehold/, with a database for each part, so that nothing comes to depend on sharing one.
export default environment('local', {
  doc: 'Everything on this machine.',
  // What the platform remembers: plans, runs, statistics.
  ledger: postgres({ embedded: true, database: 'ledger' }),
  // What the datastores call 'company'. In production this is the producer's own database:
  //   company: postgres({ host: 'db.internal', database: 'company', user: 'freehold', password: secret('company') })
  connections: { company: postgres({ embedded: true, database: 'company' }) },
  // Where the primary copy of every row rests.
  stores: { main: postgres({ embedded: true, database: 'store' }) },
  // Copies for reading; a group goes to one that serves its purpose.
  replicas: {
    rows: { on: [postgres({ embedded: true, database: 'replica' })], serves: ['lookup', 'reports'] },
    columns: {
      on: [duckdb({ file: '.freehold/analysis.duckdb', memory_limit: '512MB', threads: 2 })],
      serves: ['analytics'],
    },
  },
});
