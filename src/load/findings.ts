import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import type { Lookup } from '../model/lookup.ts';
import { declaredOwner } from '../model/party.ts';

/** A file that several roots import is found wanting once. */
export function distinctFindings(findings: readonly Finding[]): Finding[] {
  const key = ({ digest, at }: Finding) => `${digest} ${at?.file} ${at?.line} ${at?.column}`;
  return [...new Map(findings.map((one) => [key(one), one])).values()];
}

/** Whose each is, as far as the model could be read. */
export function withOwners(findings: readonly Finding[], lookup: Lookup | null): readonly Finding[] {
  if (lookup === null) return findings;
  return findings.map((one) =>
    one.address === null || one.owner !== null ? one : { ...one, owner: declaredOwner(lookup, one.address) },
  );
}

/** What another time might be otherwise. */
export function isUnsure({ rule }: Finding): boolean {
  return rule === 'could-not-judge';
}

/** Could all of a model be read? */
export function isWhole(hasMesh: boolean, findings: readonly Finding[]): boolean {
  return hasMesh && findings.every(({ severity, rule }) => severity !== 'error' || losesNothing.has(rule));
}

/**
 * Errors in what the model holds all the same: a mistaken rule of a contract is kept as it stands; a value that no word takes
 * was never of the model.
 */
const losesNothing: ReadonlySet<string> = new Set(['bad-contract-rule', 'surplus-value']);

/** Of a root that exports nothing and that no other imports. */
export function emptyRoot(file: string): Finding {
  const isYaml = /\.ya?ml$/.test(file);
  return finding({
    rule: 'nothing-defined',
    severity: 'warning',
    message: isYaml
      ? `'${file}' holds no document, so it has no effect.`
      : `'${file}' exports no object of the model and no file imports it, so it has no effect.`,
    help: isYaml
      ? 'Write an object of the model in it,  datastore: ... , or remove the file.'
      : 'Export what it makes:  export default datastore(...). Or remove the file.',
    at: { file, line: 1, column: 1 },
  });
}
