import { approvers, mesh, user } from 'freehold';

// The mesh is the one object that belongs to nobody's team: it names the zones and environments, says who owns each,
// and gives everyone the same words for how delicate data is.
//
// Larkspur is a small web shop for tea and stationery that delivers its own parcels. It exists only here.
//
// An owner is a person or a repository at your Git host, by number: numbers stay when names change.
export default mesh('larkspur', {
  language: 1,
  doc: 'Larkspur: tea, stationery and the parcels they travel in.',
  owner: approvers([user(1001)]),
  zones: {
    retail: approvers([user(1101)]),
    logistics: approvers([user(1201)]),
    insight: approvers([user(1301), user(1302)]),
  },
  environments: { local: approvers([user(1001)]) },
  classification: {
    // Least first. A column that nobody classified counts as the last one: forgetting is safe.
    levels: ['public', 'internal', 'confidential'],
    labels: { pii: {} },
  },
});
