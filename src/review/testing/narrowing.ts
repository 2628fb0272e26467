import { testModel } from '../../check/testing/model.ts';
import { finding } from '../../findings/make.ts';
import { canonicalModel } from '../../model/canonical.ts';
import type { Consent, Model, Signer } from '../../model/model.ts';
import { digestObject, type ModelObject } from '../../model/object.ts';
import type { Break } from '../break.ts';
import { consentFileText, type Statement, statementText } from '../consent-file.ts';
import type { Proposal } from '../proposal.ts';
import { type TestSigner, testSigner } from './sign.ts';

/** A column that gets shorter, which the zone and the team of its reader must both want. */
export const address = 'retail/sales/orders.customers#name';
export const needs = ['retail', 'retail/insight'] as const;

/** Who signs in these tests. */
export const keys = { retail: testSigner(), insight: testSigner('nistp256'), stranger: testSigner() };

export type Listed = { readonly retail?: readonly Signer[]; readonly insight?: readonly Signer[] };

export function lengthModel(length: number, listed: Listed = {}, consents: readonly Consent[] = []): Model {
  const { retail = [{ key: keys.retail.key }], insight = [{ key: keys.insight.key }] } = listed;
  const model = testModel({
    zone: { signers: retail },
    insight: { signers: insight },
    columns: { name: { type: { kind: 'varchar', length }, nullable: true } },
    consents,
  });
  return canonicalModel(model);
}

/** What compatibility would say of the proposal. */
export function narrowing(proposal: Proposal): Break {
  const change = proposal.changes.find((one) => one.address === 'retail/sales/orders');
  return {
    finding: finding({ rule: 'column-narrowed', address, message: 'it is narrower.', help: 'Widen it.' }),
    rule: 'column-narrowed',
    address,
    before: digestAt(change?.before ?? null),
    after: digestAt(change?.after ?? null),
    needs: [...needs],
  };
}

function digestAt(object: ModelObject | null): string | null {
  return object === null ? null : digestObject(object);
}

/** A party's statement on it. */
export function statementOn({ rule, before, after }: Break, party: string, parts: Partial<Statement> = {}): Statement {
  const rest = { reason: 'agreed on Monday', notAfter: '2026-12-31', nonce: `nonce-of-${party.replace('/', '-')}-00` };
  return { mesh: 'acme', rule, address, before, after, party, ...rest, ...parts };
}

export function signedBy(signer: TestSigner, statement: Statement): string {
  return consentFileText({ statement, signatures: [signer.sign(statementText(statement))] });
}
