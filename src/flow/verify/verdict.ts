import type { Finding } from '../../findings/finding.ts';
import type { Gap } from '../gaps.ts';
import { behind, differences, notLoaded, quarantined } from './findings.ts';
import type { Part } from './part.ts';
import { type NotCompared, notComparedOf, type VerifyRequest } from './request.ts';
import type { Sample } from './sample.ts';

export type ReplicaVerdict = {
  readonly container: string;
  /** The replica's own ordinal when it was compared; null where it holds nothing yet. */
  readonly ordinal: string | null;
  readonly rows: number;
  /** Closed versions compared, where both keep the same ones. */
  readonly versions: number;
  readonly differences: number;
};

export type DatasetVerdict = {
  readonly address: string;
  /** The store's checkpoint. */
  readonly at: { readonly ordinal: string | null; readonly position: string | null };
  /** Rows and versions compared: of source and store, of store and each replica. */
  readonly checked: number;
  /** Ranges read, each on two sides. */
  readonly ranges: number;
  /** Keys that differ, of all comparisons, and versions that cannot be; at least so many where `isPartial`. */
  readonly differences: number;
  readonly isPartial: boolean;
  /** Keys that changed at every look: neither equal nor different. */
  readonly moving: number;
  /** Keys at the source that were erased here, and are meant to be nowhere else. */
  readonly erased: number;
  /** The store did not come to where the source was looked at: what is unequal counts as moving. */
  readonly isBehind: boolean;
  readonly source: { readonly rows: number };
  readonly store: { readonly rows: number; readonly versions: number };
  readonly replicas: readonly ReplicaVerdict[];
  /** Keys of which changes wait in quarantine: they are no differences. */
  readonly quarantined: number;
  /** From which ordinal on every version is in the store; null where it is not loaded. */
  readonly completeFrom: string | null;
  /** Ordinals between which exactness is not promised; `to` null: its rows are still to be read anew. */
  readonly gaps: readonly { readonly from: string; readonly to: string | null; readonly cause: string }[];
  readonly samples: readonly Sample[];
  /** Columns left out of the comparison of source and store. */
  readonly notCompared: readonly NotCompared[];
  readonly findings: readonly Finding[];
};

/** Where the store was at the end. */
export type Standing = {
  readonly ordinal: bigint | null;
  readonly position: string | null;
  readonly completeFrom: bigint | null;
  readonly gaps: readonly Gap[];
  /** Keys that wait in quarantine. */
  readonly waiting: number;
};

const samplesShown = 10;

export function verdictOf(
  request: VerifyRequest,
  parts: readonly Part[],
  unread: readonly Finding[],
  standing: Standing,
): DatasetVerdict {
  const { dataset, stream, replicas } = request;
  const source = parts.find((part) => part.kind === 'source');
  const sum = (of: (part: Part) => number, among = parts) => among.reduce((total, part) => total + of(part), 0);
  const samples = parts.flatMap((part) => part.samples).slice(0, samplesShown);
  const ofReplicas = replicas.map(({ container }): ReplicaVerdict => {
    const mine = parts.filter((part) => part.container === container);
    const rows = mine.find((part) => part.kind === 'replica');
    return {
      container,
      ordinal: rows?.ordinal ?? null,
      rows: rows?.right ?? 0,
      versions: mine.find((part) => part.kind === 'versions')?.right ?? 0,
      differences: sum((part) => part.differences, mine),
    };
  });
  const isRead = unread.length === 0;
  return {
    address: dataset.address,
    at: { ordinal: standing.ordinal === null ? null : String(standing.ordinal), position: standing.position },
    checked: sum((part) => (part.kind === 'history' ? 0 : part.right)),
    ranges: sum((part) => part.ranges),
    differences: sum((part) => part.differences),
    isPartial: parts.some((part) => part.isPartial),
    moving: sum((part) => part.moving),
    erased: sum((part) => part.erased),
    isBehind: source?.isBehind ?? false,
    source: { rows: source?.left ?? 0 },
    store: {
      rows: source?.right ?? 0,
      versions: parts.find((part) => part.step === 'history')?.left ?? 0,
    },
    replicas: ofReplicas,
    quarantined: standing.waiting,
    completeFrom: standing.completeFrom === null ? null : String(standing.completeFrom),
    gaps: standing.gaps.map(({ from, to, cause }) => ({
      from: String(from),
      to: to === null ? null : String(to),
      cause,
    })),
    samples,
    notCompared: notComparedOf(request),
    findings: [
      ...unread,
      ...(standing.completeFrom === null && isRead ? [notLoaded(dataset.address, stream, 'the store')] : []),
      ...ofReplicas.flatMap(({ container, ordinal }) =>
        ordinal === null && standing.completeFrom !== null && isRead
          ? [notLoaded(dataset.address, stream, container)]
          : [],
      ),
      ...differences(dataset.address, stream, samples),
      ...(standing.waiting > 0 ? [quarantined(dataset.address, stream, standing.waiting)] : []),
      ...(source?.isBehind === true ? [behind(dataset.address, stream, source.moving)] : []),
    ],
  };
}
