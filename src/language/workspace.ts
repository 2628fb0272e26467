import type { Group, Reference, Workspace } from '../model/model.ts';
import { type Duration, type MemberName, type Noun, noun, type ObjectName } from './noun.ts';

export type WorkspaceBody = Omit<Workspace, 'address' | 'groups'> & {
  readonly groups: Readonly<Record<string, GroupNoun>>;
};

/** What a consuming team reads, in groups that have one latency and purpose each. */
export function workspace(
  address: ObjectName,
  body: WorkspaceBody,
): Noun<'workspace'> & { readonly address: ObjectName } {
  return noun('workspace', body, { address });
}

/** `retail/sales/orders.customers`, `retail/sales/orders.*`, or with the columns wanted. */
export type ReferenceText = MemberName | (Omit<Reference, 'from'> & { readonly from: MemberName });

export type GroupBody = Omit<Group, 'read' | 'latency' | 'retention'> & {
  readonly latency?: Duration;
  readonly retention?: Duration;
  readonly read: readonly ReferenceText[];
};

export type GroupNoun = Noun<'group'>;

export function group(body: GroupBody): GroupNoun {
  // Text and object are one thing to the loader; what is no list is left for it to refuse.
  return noun('group', body, Array.isArray(body?.read) ? { read: body.read.map(reference) } : {});
}

/** Text and object are one thing to the loader. */
export function reference(wanted: ReferenceText): Reference {
  return typeof wanted === 'string' ? { from: wanted } : wanted;
}
