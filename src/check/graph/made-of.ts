import type { Transformer } from '../../model/model.ts';
import type { Ask } from '../rule.ts';
import { quoted } from '../words.ts';
import { lineages, queriesOf } from './transformer.ts';

/** In words, for who asks why a column carries what it does: what each comes from, and what it was that nobody can follow. */
export function madeOf(ask: Ask, transformer: Transformer): readonly string[] {
  const datasets = Object.keys(queriesOf(transformer));
  if (datasets.length === 0) return ['each column that it makes is made of all that it reads: it is no SQL'];
  const lineage = lineages(ask, transformer.address);
  const strangers = new Set<string>();
  const lines = datasets.flatMap((dataset) => {
    const { of, names, opaque, strangers: some } = lineage(dataset);
    for (const stranger of some) strangers.add(stranger);
    if (opaque !== null) return [`each column of '${dataset}' is made of all that it reads: ${opaque}`];
    if (names === null)
      return [`each column of '${dataset}' may be made of all that it reads: not all that its query gives has a name`];
    return [...names].map((name) => {
      const sources = [...of(name)].sort();
      return `column '${dataset}.${name}' is made of ${sources.length === 0 ? 'nothing that it reads' : quoted(sources)}`;
    });
  });
  if (strangers.size === 0) return lines;
  const [verb, they] =
    strangers.size === 1
      ? ['gives', 'it may look at more than it is']
      : ['give', 'they may look at more than they are'];
  return [...lines, `what ${quoted([...strangers])} ${verb} is made of all that it reads: ${they} given`];
}
