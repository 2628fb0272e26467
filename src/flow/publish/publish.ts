import { type Connection, EngineError } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import type { PublishNode } from '../../plan/plan.ts';
import { dropWithinDuckdb, publishInDuckdb, publishWithinDuckdb, unpublishInDuckdb } from './duckdb.ts';
import { dropWithinPostgres, publishInPostgres, publishWithinPostgres, unpublishInPostgres } from './in-postgres.ts';

/**
 * Makes a group's views, functions and grants what the plan says, in one transaction, compared with the catalogue: again,
 * it changes nothing. An error among the findings means that nothing was changed; warnings come with the change.
 */
export function publish(c: Connection, node: PublishNode): Promise<readonly Finding[]> {
  return publisherOf(c).publish(c, node);
}

/** Takes away what `publish` made for a group that is no longer served here: our own objects, and nothing of others. */
export function unpublish(
  c: Connection,
  node: Pick<PublishNode, 'group' | 'scope' | 'schema' | 'role'>,
): Promise<readonly Finding[]> {
  return publisherOf(c).unpublish(c, node);
}

/** As `publish`, in the caller's transaction, which an error ends. Errors: Blocked. */
export function publishWithin(c: Connection, node: PublishNode): Promise<readonly Finding[]> {
  return publisherOf(c).publishWithin(c, node);
}

/** Takes a group's objects away for as long as the caller's transaction has not made them again. Errors: Blocked. */
export function dropWithin(c: Connection, node: PublishNode): Promise<void> {
  return publisherOf(c).dropWithin(c, node);
}

type Publisher = {
  readonly publish: typeof publish;
  readonly unpublish: typeof unpublish;
  readonly publishWithin: typeof publishWithin;
  readonly dropWithin: typeof dropWithin;
};

/** By engine: what differs is how views are spelled and whether there are users to grant to. */
const publishers: Readonly<Record<string, Publisher>> = {
  postgres: {
    publish: publishInPostgres,
    unpublish: unpublishInPostgres,
    publishWithin: publishWithinPostgres,
    dropWithin: dropWithinPostgres,
  },
  duckdb: {
    publish: publishInDuckdb,
    unpublish: unpublishInDuckdb,
    publishWithin: publishWithinDuckdb,
    dropWithin: dropWithinDuckdb,
  },
};

function publisherOf({ dialect }: Connection): Publisher {
  const publisher = Object.hasOwn(publishers, dialect.engine) ? publishers[dialect.engine] : undefined;
  if (publisher === undefined)
    throw new EngineError('statement', `freehold does not publish views on engine '${dialect.engine}'.`);
  return publisher;
}
