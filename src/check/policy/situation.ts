import type { Classification } from '../graph/classification.ts';
import type { Site } from '../graph/sites.ts';

/** What a policy of a zone is asked of: rows with data of the zone, in one place, or seen by one reader, or a name. */
export type Situation = {
  /** Of the columns there that hold data of the zone. */
  readonly rows: Classification;
  /** Do they stand in a datastore of the zone itself? */
  readonly isDirect: boolean;
  /** Is what stands there, or who reads it, in production? */
  readonly isProduction: boolean;
  /** Null: no place is spoken of. */
  readonly site: Site | null;
  /** Null: nobody reads. */
  readonly reader: Party | null;
  readonly kept: Kept;
  readonly name: { readonly what: 'datastore' | 'dataset' | 'column'; readonly text: string } | null;
};

export type Party = { readonly zone: string; readonly team: string };

/** How long versions are kept. Infinite: for ever. */
export type Kept = {
  /** By whoever keeps them longest: what a minimum is asked of. Null: not spoken of. */
  readonly longestMs: number | null;
  /** By this reader: what a maximum is asked of. Null: it keeps none, or there is none. */
  readonly ownMs: number | null;
};

export const notKept: Kept = { longestMs: null, ownMs: null };
