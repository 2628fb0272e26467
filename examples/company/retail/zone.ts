import { approvers, readableBy, user, zone } from 'freehold';

// A zone is a part of the company with its own rules. Its owner says which teams there are.
export default zone('retail', {
  doc: 'Everything that is sold.',
  teams: {
    sales: { owner: approvers([user(1111)]), contact: { chat: '#sales-data' } },
    catalogue: { owner: approvers([user(1112)]), contact: { chat: '#catalogue' } },
  },
  // What holds for every row of the zone, wherever it goes and whatever is made of it. Nothing crosses a zone unless a
  // policy of it lets the reader in: remove this one and run `freehold check`.
  policies: { 'who reads': readableBy({ zones: ['retail', 'insight'] }) },
});
