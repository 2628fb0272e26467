/** A model whose teams send changes from repositories of their own, and whose mesh, zone and environment have approvers. */
export function company(host: string): Record<string, string> {
  return {
    'mesh.ts': `import { approvers, mesh, user } from 'freehold';

const host = '${host}';

export default mesh('acme', {
  language: 1,
  owner: approvers([user(11)], { host }),
  zones: { retail: approvers([user(21)], { host }) },
  environments: { prod: approvers([user(41)], { host }) },
});
`,
    'retail/zone.ts': `import { github, zone } from 'freehold';

const host = '${host}';

export default zone('retail', {
  teams: {
    sales: { owner: github('acme/sales-data', { id: 48213, host }), contact: { chat: '#sales-data' } },
    marketing: { owner: github('acme/marketing', { id: 50001, host }) },
  },
});
`,
    'retail/sales/orders.ts': `import { cdc, datastore, int32, table, text } from 'freehold';

export default datastore('retail/sales/orders', {
  source: 'shop',
  changes: cdc(),
  datasets: {
    customers: table({ key: ['id'] }, { id: int32(), name: text().nullable() }),
    invoices: table({ key: ['id'] }, { id: int32() }),
  },
});
`,
    'retail/marketing/campaigns.ts': `import { group, workspace } from 'freehold';

export default workspace('retail/marketing/campaigns', {
  groups: {
    mail: group({ read: ['retail/sales/orders.customers'] }),
  },
});
`,
    'platform/prod.ts': `import { environment, postgres } from 'freehold';

export default environment('prod', {
  ledger: postgres({ embedded: true, database: 'ledger' }),
  connections: { shop: postgres({ embedded: true, database: 'shop' }) },
  stores: { main: postgres({ embedded: true, database: 'store' }) },
});
`,
    'README.md': '# acme\n',
    '.github/workflows/freehold.yml': 'name: freehold\n',
    'package.json': '{}\n',
  };
}

/** What sales may do alone: a column more. */
export function wider(files: Readonly<Record<string, string>>): Record<string, string> {
  const text = files['retail/sales/orders.ts'] ?? '';
  return {
    'retail/sales/orders.ts': text.replace(
      'name: text().nullable()',
      'name: text().nullable(), phone: text().nullable()',
    ),
  };
}

/** What sales may do while nobody reads it: a dataset less. */
export function withoutInvoices(files: Readonly<Record<string, string>>): Record<string, string> {
  const text = files['retail/sales/orders.ts'] ?? '';
  return { 'retail/sales/orders.ts': text.replace(/ {4}invoices: .*\n/, '') };
}

/** What marketing may do while it is there: read it. */
export function readingInvoices(files: Readonly<Record<string, string>>): Record<string, string> {
  const text = files['retail/marketing/campaigns.ts'] ?? '';
  return {
    'retail/marketing/campaigns.ts': text.replace(
      "['retail/sales/orders.customers']",
      "['retail/sales/orders.customers', 'retail/sales/orders.invoices']",
    ),
  };
}
