import { approvers, user, zone } from 'freehold';

// This zone only reads. What its teams' workspaces may claim is granted here, from above, never by the team itself.
export default zone('insight', {
  doc: 'Everyone who asks questions.',
  teams: {
    steering: {
      owner: approvers([user(1311)]),
      may: { clearance: 'confidential', labels: ['pii'], priority: 'high', readers: ['group:steering'] },
    },
  },
});
