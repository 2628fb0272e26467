import { transformerReads } from '../graph/transformer.ts';
import { readingGroupsOf } from '../groups.ts';
import type { Report, Rule, Spot } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** A producer who lists consumers is read by those; one who lists none, by whoever the policies of its zone let in. */
export const notApproved: Rule = {
  name: 'not-approved',
  judges: {
    *workspace(workspace, ask) {
      for (const { address, reads } of readingGroupsOf(workspace, ask))
        yield* notListed(
          'group',
          address,
          reads.map(({ dataset, spot }) => ({ datastore: dataset.datastore, spot })),
        );
    },
    *transformer({ address }, ask) {
      const reads = [...transformerReads(ask, address)].flatMap(([name, of]) =>
        of.map(({ datastore }) => ({ datastore, spot: spotOf(address, 'reads', name) })),
      );
      yield* notListed('transformer', address, reads);
    },
  },
};

type ReadOf = {
  readonly datastore: { readonly address: string; readonly consumers?: readonly string[] };
  readonly spot: Spot;
};

/** One finding for each datastore, however many of its datasets are read. */
function* notListed(what: 'group' | 'transformer', reader: string, reads: readonly ReadOf[]): Iterable<Report> {
  const said = new Set<string>();
  for (const { datastore, spot } of reads) {
    const { address, consumers } = datastore;
    if (consumers === undefined || consumers.includes(reader) || said.has(address)) continue;
    said.add(address);
    yield {
      message: `${what} '${reader}' reads datastore '${address}', which lists its consumers, and this ${what} is not among them.`,
      help: `Ask the owner of '${address}' to approve it:  consumers: approved('${reader}'${consumers.length > 0 ? ', ...' : ''}).`,
      at: spot,
      related: [{ message: `datastore '${address}'`, at: spotOf(address, 'consumers') }],
    };
  }
}
