import { didYouMean } from '../../findings/near-name.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** A query makes a dataset of the datastore that its transformer writes. */
export const unknownOutput: Rule = {
  name: 'unknown-output',
  judges: {
    *transformer({ address, code }, ask) {
      const [output] = ask.found('output', address);
      const datastore = output === undefined ? null : ask.object('datastore', output);
      if (code.kind !== 'sql' || datastore === null) return;
      const datasets = Object.keys(datastore.datasets);
      for (const name of Object.keys(code.queries))
        if (!datasets.includes(name))
          yield {
            message: `transformer '${address}' has a query for '${name}', but datastore '${datastore.address}', which it writes, has no such dataset, so its rows go nowhere.`,
            help: `Add the dataset there, or take the query out.${didYouMean(name, datasets)}`,
            at: spotOf(address, 'code', 'queries', name),
            related: [{ message: `datastore '${datastore.address}'`, at: spotOf(datastore.address) }],
          };
    },
  },
};
