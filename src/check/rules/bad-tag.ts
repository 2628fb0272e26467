import { datasetsOf } from '../datasets.ts';
import type { Report, Rule, Spot } from '../rule.ts';
import { columnSpot, spotOf, within } from '../spots.ts';

/** A tag is one short word or a few: catalogues cut others, or split them at commas. */
export const badTag: Rule = {
  name: 'bad-tag',
  judges: {
    *datastore(datastore) {
      yield* badIn(datastore.tags, spotOf(datastore.address, 'tags'));
      for (const entry of datasetsOf(datastore)) {
        yield* badIn(entry.dataset.tags, spotOf(entry.address, 'tags'));
        for (const [name, { tags }] of entry.columns)
          if (tags !== undefined) yield* badIn(tags, within(columnSpot(entry, name), 'tags'));
      }
    },
  },
};

function* badIn(tags: readonly string[] = [], at: Spot): Iterable<Report> {
  for (const tag of tags) {
    const why = /[\n\r\t,;]/.test(tag)
      ? 'holds a comma or a line'
      : tag.length > 100
        ? 'is longer than 100 characters'
        : null;
    if (why !== null)
      yield {
        message: `tag '${tag}' ${why}, so the catalogues that it is exported to would make something else of it.`,
        help: 'Write a tag for each thing that it says.',
        at,
      };
  }
}
