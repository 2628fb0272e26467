import { didYouMean } from '../../findings/near-name.ts';
import { own } from '../../model/effective.ts';
import type { WholeRule } from '../rule.ts';
import { containerWords } from '../subject.ts';
import { quoted } from '../words.ts';

/** Every container is of an engine that this release has. */
export const unknownEngine: WholeRule = {
  name: 'unknown-engine',
  *find({ facts, containers }) {
    const engines = Object.keys(facts);
    for (const entry of containers) {
      const { container, spot } = entry;
      if (own(facts, container.engine) !== undefined) continue;
      yield {
        message: `${containerWords(entry)} is of the engine '${container.engine}', which this release does not have.`,
        help: `Use one of ${quoted(engines)}.${didYouMean(container.engine, engines)}`,
        at: spot,
      };
    }
  },
};
