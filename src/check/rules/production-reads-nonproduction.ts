import { isProduction } from '../../model/effective.ts';
import { readingGroupsOf } from '../groups.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** What counts on its input runs on input that somebody counts on. */
export const productionReadsNonproduction: Rule = {
  name: 'production-reads-nonproduction',
  judges: {
    *workspace(workspace, ask) {
      for (const entry of readingGroupsOf(workspace, ask)) {
        if (!isProduction(entry.workspace)) continue;
        const said = new Set<string>();
        for (const { dataset, spot } of entry.reads) {
          const { address } = dataset.datastore;
          if (isProduction(dataset.datastore) || said.has(address)) continue;
          said.add(address);
          yield {
            message: `workspace '${entry.workspace.address}' is in production and reads datastore '${address}', which is not: it may change or go without notice.`,
            help: `Ask the owner of '${address}' for  production: true, or take the workspace out of production.`,
            at: spot,
            related: [{ message: `datastore '${address}'`, at: spotOf(address, 'production') }],
          };
        }
      }
    },
  },
};
