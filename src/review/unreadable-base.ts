import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import type { Mesh } from '../model/model.ts';
import { ownerLabel } from '../model/owner.ts';
import { isFrom, type Origin } from './origin.ts';

/**
 * A base that cannot be read judges nothing: what could not be read is missing to every rule, and its owners are unknown.
 * So every change waits but one, which repairs it: by the mesh's owner, to the files that fail and no others.
 */
export type UnreadableBase = {
  /** As far as it could be read; null where the mesh itself could not, or is not there. */
  readonly mesh: Mesh | null;
  /** Why it cannot be read. */
  readonly findings: readonly Finding[];
};

/** `changed`: every file that differs, relative to the model's root. Empty: the change may be made, if head is right. */
export function blockedByBase(base: UnreadableBase, changed: readonly string[], origin: Origin): readonly Finding[] {
  const errors = base.findings.filter(({ severity }) => severity === 'error');
  if (base.mesh === null) return [withoutMesh(errors)];
  const failing = new Set(errors.flatMap(filesOf));
  if (isFrom(origin, base.mesh.owner) && changed.every((file) => failing.has(file))) return [];
  const names = [...failing].map((file) => `'${file}'`);
  return [
    finding({
      rule: 'unreadable-base',
      message: `the model on the protected branch cannot be read (${some(names)}), so nothing can be judged against it.`,
      help: `The mesh's owner repairs those files alone:  freehold check  on the branch says what is wrong. Until then every other change waits.`,
      at: errors[0]?.at ?? null,
      related: errors.map(({ message, at }) => ({ message, at })),
      owner: ownerLabel(base.mesh.owner),
    }),
  ];
}

function withoutMesh(errors: readonly Finding[]): Finding {
  const others = errors.filter(({ rule }) => rule !== 'no-mesh');
  return finding({
    rule: 'no-base-mesh',
    message:
      others.length === 0
        ? 'there is no mesh on the protected branch, so nobody owns anything there and nobody may change anything.'
        : 'no mesh could be read on the protected branch, so it is not known who owns anything there.',
    help:
      others.length === 0
        ? 'Is the mesh in another folder of the repository, name that with  --dir . The first model is brought by a person who looks at all of it:  freehold review --base ... --bootstrap'
        : 'Who may push to the branch puts back what was there, or a person looks at all of the model:  freehold review --base ... --bootstrap',
    related: others.map(({ message, at }) => ({ message, at })),
  });
}

function filesOf({ at, related }: Finding): string[] {
  return [at, ...related.map((other) => other.at)].flatMap((place) => (place === null ? [] : [place.file]));
}

function some(names: readonly string[]): string {
  const rest = names.length - 5;
  return rest > 0 ? `${names.slice(0, 5).join(', ')} and ${rest} more` : names.join(', ');
}
