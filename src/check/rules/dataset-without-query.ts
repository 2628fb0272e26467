import { queriesOf } from '../graph/transformer.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** SQL that writes a datastore has a query for each of its datasets. */
export const datasetWithoutQuery: Rule = {
  name: 'dataset-without-query',
  judges: {
    *datastore({ address, changes, datasets }, ask) {
      const transformer = changes.transformer === undefined ? null : ask.object('transformer', changes.transformer);
      if (transformer === null || transformer.code.kind !== 'sql') return;
      const queries = queriesOf(transformer);
      for (const name of Object.keys(datasets))
        if (!Object.hasOwn(queries, name))
          yield {
            message: `dataset '${name}' is made by transformer '${transformer.address}', which has no query for it, so it would stay empty.`,
            help: `Add one there,  sql({ ${name}: 'select ...' }), or take the dataset out.`,
            at: spotOf(`${address}.${name}`),
            related: [{ message: `transformer '${transformer.address}'`, at: spotOf(transformer.address, 'code') }],
          };
    },
  },
};
