import { own } from '../../model/effective.ts';
import { nameOfEnvironment } from '../containers.ts';
import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** Can the engine that a source is bound to be read in the mode that the datastore asks for? */
export const unsupportedCapture: Rule = {
  name: 'unsupported-capture',
  judges: {
    *datastore({ address, source, changes: { mode } }, ask) {
      if (source === undefined || mode === 'output') return;
      const inNoEngine = !Object.values(ask.facts).some(({ captures }) => captures.includes(mode));
      for (const environment of ask.addresses('environment')) {
        const binding = ask.part('connection', environment, source);
        const engine = binding === null ? undefined : own(ask.facts, binding.engine);
        if (engine === undefined || engine.captures.includes(mode)) continue;
        const can = engine.captures.map((one) => `${one}()`).join(' or ');
        yield {
          message: inNoEngine
            ? `datastore '${address}' reads changes by ${mode}(), which is not runnable yet: no engine of this release has it.`
            : `datastore '${address}' reads changes by ${mode}(), but its source '${source}' is bound to ${engine.title} in environment '${nameOfEnvironment(environment)}', which cannot be read that way.`,
          help: can
            ? `Use  changes: ${can}.`
            : `Bind '${source}' to an engine that can be a source: ${engine.title} can be none.`,
          at: spotOf(address, 'changes'),
          related: [{ message: `connection '${source}'`, at: spotOf(environment, 'connections', source) }],
        };
      }
    },
  },
};
