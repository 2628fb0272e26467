import { approvers, readableBy, user, zone } from 'freehold';

export default zone('logistics', {
  doc: 'Everything that moves.',
  teams: { delivery: { owner: approvers([user(1211)]), contact: { chat: '#delivery', oncall: 'delivery' } } },
  policies: { 'who reads': readableBy({ zones: ['logistics', 'insight'] }) },
});
