import { approvers, user, zone } from 'freehold';

// A zone is a part of the company with its own rules. Its owner says which teams there are.
export default zone('retail', {
  doc: 'Everything that is sold.',
  teams: {
    sales: { owner: approvers([user(1111)]), contact: { chat: '#sales-data' } },
    catalogue: { owner: approvers([user(1112)]), contact: { chat: '#catalogue' } },
  },
});
