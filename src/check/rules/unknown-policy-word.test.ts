import { expect, test } from 'vitest';
import type { Predicate } from '../../model/model.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const mesh = {
  vendors: { own: ['eu/berlin'] },
  classification: { levels: ['internal'], labels: { pii: {} } },
} as const;

test.each<[Predicate, string | null]>([
  [{ kind: 'classified', as: 'pii' }, null],
  [{ kind: 'classified', as: 'internal' }, null],
  [{ kind: 'classified', as: 'pi' }, "names 'pi', which is no level or label"],
  [{ kind: 'within', regions: ['*:eu', 'own:eu/berlin'] }, null],
  [{ kind: 'within', regions: ['*:us'] }, "names '*:us', which is no region with a location of the mesh"],
  [{ kind: 'within', regions: ['eu'] }, "names 'eu', which is no region with a location of the mesh"],
  [{ kind: 'vendors', vendors: ['own'] }, null],
  [{ kind: 'vendors', vendors: ['amazon'] }, "names 'amazon', which is no vendor"],
  [{ kind: 'engines', engines: ['big', 'small', 'sink'] }, null],
  [{ kind: 'engines', engines: ['bug'] }, "names 'bug', which is no engine"],
  [{ kind: 'readableBy', parties: ['retail', 'retail/sales'] }, null],
  [{ kind: 'readableBy', parties: ['retale'] }, "names 'retale', which is no zone or team"],
  [{ kind: 'readableBy', parties: ['retail/sale'] }, "names 'retail/sale', which is no zone or team"],
  [
    {
      kind: 'any',
      of: [
        { kind: 'not', of: { kind: 'when', if: { kind: 'encrypted' }, demand: { kind: 'engines', engines: ['bug'] } } },
      ],
    },
    "names 'bug', which is no engine",
  ],
])('%j', (demands, expected) => {
  const lines = found(testModel({ mesh, zone: { policies: { rule: { demands } } } })).filter((line) =>
    line.includes('unknown-policy-word'),
  );
  expect(lines).toEqual(
    expected === null
      ? []
      : [
          `error unknown-policy-word retail: policy 'rule' of zone 'retail' ${expected}, so it would not do what it says.`,
        ],
  );
});
