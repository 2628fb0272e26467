import { didYouMean } from '../../findings/near-name.ts';
import { own } from '../../model/effective.ts';
import { containersOf, containerWords } from '../containers.ts';
import type { Rule } from '../rule.ts';
import { quoted } from '../words.ts';

/** Every container is of an engine that this release has. */
export const unknownEngine: Rule = {
  name: 'unknown-engine',
  judges: {
    *environment(environment, { facts }) {
      const engines = Object.keys(facts);
      for (const entry of containersOf(environment)) {
        const { container, spot } = entry;
        if (own(facts, container.engine) !== undefined) continue;
        yield {
          message: `${containerWords(entry)} is of the engine '${container.engine}', which this release does not have.`,
          help: `Use one of ${quoted(engines)}.${didYouMean(container.engine, engines)}`,
          at: spot,
        };
      }
    },
  },
};
