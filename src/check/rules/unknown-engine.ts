import { own } from '../../base/own.ts';
import { didYouMean } from '../../findings/near-name.ts';
import type { Rule } from '../rule.ts';
import { quoted } from '../words.ts';

/** Every container is of an engine that this release has. */
export const unknownEngine: Rule = {
  name: 'unknown-engine',
  *find({ facts, containers }) {
    const engines = Object.keys(facts);
    for (const { container, spot, environment } of containers) {
      if (own(facts, container.engine) !== undefined) continue;
      yield {
        message: `environment '${environment.name}' names the engine '${container.engine}', which this release does not have.`,
        help: `Use one of ${quoted(engines)}.${didYouMean(container.engine, engines)}`,
        at: spot,
      };
    }
  },
};
