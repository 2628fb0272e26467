import { referencesOfWorkspace } from '../references.ts';
import type { Rule } from '../rule.ts';

/** A group says once how it reads a dataset: of two ways, the wider would win, and the narrower look as if it held. */
export const datasetReadTwice: Rule = {
  name: 'dataset-read-twice',
  judges: {
    *workspace(workspace) {
      const seen = new Set<string>();
      for (const { reader, reference, at } of referencesOfWorkspace(workspace)) {
        const key = `${reader} ${reference.from}`;
        if (seen.has(key))
          yield {
            message: `${reader} reads '${reference.from}' twice, in different ways: its columns would add up, and it could not be told which masks and rows hold.`,
            help: 'Make one reference of the two, or read it in two groups.',
            at,
          };
        seen.add(key);
      }
    },
  },
};
