import { upstreamOf } from '../graph/transformer.ts';
import type { Ask, Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';
import { quoted } from '../words.ts';

/** No transformer makes what it is made of, however many others stand between: nothing would say when it is done. */
export const transformerCycle: Rule = {
  name: 'transformer-cycle',
  judges: {
    *transformer({ address }, ask) {
      const [output] = ask.found('output', address);
      const path = output === undefined ? null : pathBack(output, ask);
      if (path === null) return;
      yield {
        message: `transformer '${address}' reads what it makes${
          path.length === 2 ? ` itself, datastore '${path[0]}'` : `: ${quoted(path)}, each made of the one before`
        }. No run of it would ever be the last.`,
        help: 'Take one of the reads on the way out. What must look at its own past reads the history of its inputs instead.',
        at: spotOf(address, 'reads'),
        related: path
          .slice(1)
          .map((datastore) => ({ message: `datastore '${datastore}'`, at: spotOf(datastore, 'changes') })),
      };
    },
  },
};

/** The shortest way from a datastore through what it is made of back to itself, in the direction of rows. */
function pathBack(start: string, ask: Ask): readonly string[] | null {
  const before = new Map<string, string>();
  const open = [start];
  for (const at of open)
    for (const input of upstreamOf(ask, at)) {
      if (input === start) return [start, ...wayTo(at, start, before)];
      if (before.has(input)) continue;
      before.set(input, at);
      open.push(input);
    }
  return null;
}

function wayTo(from: string, start: string, before: ReadonlyMap<string, string>): readonly string[] {
  const way: string[] = [];
  for (let at: string | undefined = from; at !== undefined && at !== start; at = before.get(at)) way.push(at);
  return [...way, start];
}
