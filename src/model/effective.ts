/** What an absent attribute means: the one place of defaults. `canonical.ts` leaves out what equals them. */
import type { Purpose } from '../engine/facts.ts';
import type { Type } from '../types/type.ts';
import { parseMemberAddress } from './address.ts';
import { parseDurationMs } from './duration.ts';
import type { Lookup } from './lookup.ts';
import type {
  Changes,
  Column,
  Dataset,
  Datastore,
  Group,
  Mesh,
  Otherwise,
  Priority,
  Reference,
  Team,
  Transformer,
  Workspace,
} from './model.ts';
import { type PhysicalName, parsePhysicalName } from './physical.ts';
import { parseShare } from './share.ts';

/** A consumer that says nothing reads rows at most this old. */
export const defaultLatency = '1h';
export const defaultPriority: Priority = 'normal';
export const defaultPurpose: Purpose = 'reports';
export const defaultMaxDeleted = '20%';
export const defaultCompare = 'rows';
export const defaultOtherwise: Otherwise = 'stop';
export const defaultEvery = '1h';

export function isTogether(datastore: Datastore): boolean {
  return datastore.together ?? true;
}

export function isProduction(object: Datastore | Workspace | Transformer): boolean {
  return object.production ?? false;
}

/** The share of a dataset's rows that one read may delete. */
export function maxDeletedShare(changes: Changes): number {
  return parseShare(changes.maxDeleted ?? defaultMaxDeleted) ?? 0;
}

export function comparesBy(changes: Changes): 'rows' | 'checksum' {
  return changes.compare ?? defaultCompare;
}

/** How often keys are swept; null: never. */
export function sweepMs(changes: Changes): number | null {
  return changes.sweep === undefined ? null : parseDurationMs(changes.sweep);
}

/**
 * How far below the greatest watermark read a row may still come to be seen, by the type of its column: milliseconds of a
 * time, or a number of what is no time. Where nothing is said: ten minutes, in which a transaction should have ended; an
 * hour more where times have no zone, since local time has an hour twice in autumn.
 */
export function lateOf(changes: Changes, type: Type): { readonly ms: number } | { readonly steps: number } {
  if (type.kind === 'int' || type.kind === 'decimal') {
    return { steps: typeof changes.late === 'number' ? changes.late : 0 };
  }
  const said = typeof changes.late === 'string' ? changes.late : type.kind === 'timestamptz' ? '10m' : '70m';
  return { ms: parseDurationMs(said) ?? 0 };
}

/** Null where the text is no duration (a finding of check). */
export function latencyMs(group: Group): number | null {
  return parseDurationMs(group.latency ?? defaultLatency);
}

/** What the producer promises; null where nothing is promised. */
export function freshnessMs(datastore: Datastore): number | null {
  const promised = datastore.promises?.freshness;
  return promised === undefined ? null : parseDurationMs(promised);
}

export function purposeOf(group: Group): Purpose {
  return group.for ?? defaultPurpose;
}

export function wantsHistory(group: Group): boolean {
  return group.history === 'full';
}

export function priorityOf(workspace: Pick<Workspace, 'priority'>): Priority {
  return workspace.priority ?? defaultPriority;
}

export function keyOf(dataset: Dataset): readonly string[] {
  return dataset.key ?? [];
}

export function isNullable(column: Column): boolean {
  return column.nullable ?? false;
}

/** Name at the source. */
export function sourceColumn(name: string, column: Column): string {
  return column.from ?? name;
}

/** Schema null: the source's default. `from` that is no name counts as absent (a finding of check). */
export function sourceTable(name: string, dataset: Dataset): PhysicalName {
  const own = { schema: null, table: name };
  return dataset.from === undefined ? own : (parsePhysicalName(dataset.from) ?? own);
}

export type Classified = Pick<Mesh, 'classification'>;

/** The mesh's highest level; null where the mesh classifies nothing. */
export function highestLevel(mesh: Classified): string | null {
  return mesh.classification?.levels.at(-1) ?? null;
}

/** A column's level: its own, its datastore's, or, unclassified, the mesh's highest. Null where the mesh classifies nothing. */
export function levelOf(mesh: Classified, datastore: Datastore, column: Column): string | null {
  return column.level ?? datastore.classification ?? highestLevel(mesh);
}

export function labelsOf(column: Column): readonly string[] {
  return column.labels ?? [];
}

/** One dataset that a group reads. */
export type Read = {
  readonly datastore: Datastore;
  readonly name: string;
  readonly dataset: Dataset;
  /** Names of the columns, in the dataset's order. */
  readonly columns: readonly string[];
  /** Indexes into the group's `read` of the references that gave it. */
  readonly references: readonly number[];
};

/**
 * The datasets that a group reads, wildcards expanded, by address. A reference to one dataset outweighs a wildcard;
 * several to the same one add up. What is not there is left out (a finding of check).
 */
export function readsOf(datastoreAt: (address: string) => Datastore | null, group: Group): readonly Read[] {
  const wide = new Map<string, Read>();
  const named = new Map<string, Read>();
  group.read.forEach((reference, index) => {
    const address = parseMemberAddress(reference.from);
    const datastore = address === null ? null : datastoreAt(address.object);
    if (address === null || datastore === null) return;
    const isWildcard = address.member === '*';
    const reads = isWildcard ? wide : named;
    for (const name of isWildcard ? Object.keys(datastore.datasets) : [address.member]) {
      const dataset = own(datastore.datasets, name);
      if (dataset === undefined) continue;
      const at = `${datastore.address}.${name}`;
      reads.set(
        at,
        addedTo(reads.get(at), {
          datastore,
          name,
          dataset,
          columns: columnsOf(dataset, reference),
          references: [index],
        }),
      );
    }
  });
  const all = new Map([...wide, ...named]);
  return [...all.keys()].sort().flatMap((at) => all.get(at) ?? []);
}

function columnsOf(dataset: Dataset, reference: Reference): readonly string[] {
  const all = Object.keys(dataset.columns);
  return reference.columns === undefined ? all : all.filter((name) => reference.columns?.includes(name));
}

function addedTo(before: Read | undefined, read: Read): Read {
  if (before === undefined) return read;
  const columns = new Set([...before.columns, ...read.columns]);
  return {
    ...read,
    columns: Object.keys(read.dataset.columns).filter((name) => columns.has(name)),
    references: [...before.references, ...read.references],
  };
}

/** The team of `retail/sales/...`, or null where the zone knows none. */
export function teamOf(lookup: Pick<Lookup, 'object'>, address: string): Team | null {
  const [zone = '', team = ''] = address.split(/[.#]/)[0]?.split('/') ?? [];
  return own(lookup.object('zone', zone)?.teams ?? {}, team) ?? null;
}

/** A member of a record that authors named: never what every object inherits, such as `constructor`. */
export function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
