import { expect, test } from 'vitest';
import type { Model } from '../model/model.ts';
import { about, aboutParty } from './about.ts';
import { company, orders } from './testing/company.ts';

const plain = company({});
const model: Model = {
  ...plain,
  mesh: { ...plain.mesh, doc: 'A small company.' },
  zones: {
    retail: {
      name: 'retail',
      doc: 'Shops.',
      terms: { customer: 'Who has bought at least once.' },
      teams: {
        sales: {
          owner: { kind: 'approvers', host: 'github', users: [4] },
          doc: 'Who sells.',
          contact: { chat: '#sales' },
        },
      },
    },
  },
  datastores: {
    [orders.address]: {
      ...orders,
      doc: 'The web shop.',
      version: '2.1.0',
      tags: ['gold'],
      datasets: {
        customers: {
          key: ['id'],
          doc: 'Who bought.',
          tags: ['daily'],
          columns: { id: { type: { kind: 'text' }, doc: 'as billed', term: 'customer', tags: ['key'] } },
        },
      },
    },
  },
};

test('what authors say of a dataset and of what is around it, outermost first', () => {
  expect(about(model, 'nowhere', 'retail/sales/orders.customers')).toEqual([
    `mesh '${model.mesh.name}': A small company.`,
    "zone 'retail': Shops.",
    "team 'retail/sales': Who sells.",
    "datastore 'retail/sales/orders' 2.1.0: The web shop.",
    "dataset 'customers': Who bought.",
    'tags: gold, daily',
    "column 'id': as billed",
    "column 'id' is a 'customer': Who has bought at least once.",
    "column 'id' has the tags: key",
    'owner: approvers user 4 (chat #sales)',
  ]);
});

test('a version is said without a description too', () => {
  const bare = { ...orders, version: '3' };
  expect(about({ ...model, datastores: { [orders.address]: bare } }, 'nowhere', orders.address)).toContain(
    `datastore '${orders.address}' 3: (no description)`,
  );
});

test('what authors say of a zone, a team and the mesh, and who owns them', () => {
  const first = `mesh '${model.mesh.name}': A small company.`;
  expect(aboutParty(model, 'mesh')).toEqual([first, expect.stringMatching(/^the mesh: owned by /)]);
  expect(aboutParty(model, 'retail')).toEqual([
    first,
    "zone 'retail': Shops.",
    "term 'customer': Who has bought at least once.",
    expect.stringMatching(/^zone 'retail': owned by /),
  ]);
  expect(aboutParty(model, 'retail/sales')).toEqual([
    first,
    "zone 'retail': Shops.",
    "team 'retail/sales': Who sells.",
    "team 'retail/sales': owned by approvers user 4 (chat #sales)",
  ]);
});
