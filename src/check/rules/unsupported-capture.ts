import { own } from '../../model/effective.ts';
import type { WholeRule } from '../rule.ts';
import { spotOf } from '../subject.ts';

/** Can the engine that a source is bound to be read in the mode that the datastore asks for? */
export const unsupportedCapture: WholeRule = {
  name: 'unsupported-capture',
  *find({ model, facts, bindings }) {
    const inNoEngine = (mode: string) =>
      !Object.values(facts).some((engine) => engine.captures.some((m) => m === mode));
    for (const { address, source, changes } of Object.values(model.datastores)) {
      const { mode } = changes;
      if (source === undefined || mode === 'output') continue;
      for (const binding of bindings.get(source) ?? []) {
        const engine = own(facts, binding.container.engine);
        if (engine === undefined || engine.captures.includes(mode)) continue;
        const can = engine.captures.map((one) => `${one}()`).join(' or ');
        yield {
          message: inNoEngine(mode)
            ? `datastore '${address}' reads changes by ${mode}(), which is not runnable yet: no engine of this release has it.`
            : `datastore '${address}' reads changes by ${mode}(), but its source '${source}' is bound to ${engine.title} in environment '${binding.environment.name}', which cannot be read that way.`,
          help: can
            ? `Use  changes: ${can}.`
            : `Bind '${source}' to an engine that can be a source: ${engine.title} can be none.`,
          at: spotOf(address, 'changes'),
          related: [{ message: `connection '${source}'`, at: binding.spot }],
        };
      }
    }
  },
};
