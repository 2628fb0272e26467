import { codeDigest } from '../../model/code.ts';
import type { Declassification, Model } from '../../model/model.ts';
import { testFacts } from './facts.ts';
import { found } from './found.ts';
import { testModel } from './model.ts';
import { testOutput, testTransformer } from './people.ts';

const owner = { kind: 'approvers', host: 'github.com', users: [1] } as const;

/** What `check` says of a declassification of what the transformer of tests makes. */
export function saidOf(parts: Partial<Declassification>, rule: string, asOf = '2026-01-01'): readonly string[] {
  return found(declassifiedModel(parts), testFacts, { asOfMs: Date.parse(`${asOf}T00:00:00Z`) }).filter((line) =>
    line.includes(` ${rule} `),
  );
}

function declassifiedModel(parts: Partial<Declassification>): Model {
  const transformer = testTransformer();
  return testModel({
    mesh: { zones: { retail: owner, risk: owner }, classification: { levels: ['internal'], labels: { pii: {} } } },
    datastores: [testOutput()],
    transformers: [transformer],
    declassifications: [
      {
        name: 'clean',
        zone: 'retail',
        transformer: transformer.address,
        of: ['retail/insight/people.people'],
        code: codeDigest(transformer),
        reason: 'clean',
        until: '2030-12-31',
        ...parts,
      },
    ],
  });
}
