import { isProduction } from '../../model/effective.ts';
import type { Datastore } from '../../model/model.ts';
import { transformerReads } from '../graph/transformer.ts';
import { readingGroupsOf } from '../groups.ts';
import type { Report, Rule, Spot } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** What counts on its input runs on input that somebody counts on. */
export const productionReadsNonproduction: Rule = {
  name: 'production-reads-nonproduction',
  judges: {
    *workspace(workspace, ask) {
      if (!isProduction(workspace)) return;
      for (const { reads } of readingGroupsOf(workspace, ask))
        yield* notInProduction(
          'workspace',
          workspace.address,
          reads.map(({ dataset, spot }) => ({ datastore: dataset.datastore, spot })),
        );
    },
    *transformer({ address, production = false }, ask) {
      if (!production) return;
      const reads = [...transformerReads(ask, address)].flatMap(([name, of]) =>
        of.map(({ datastore }) => ({ datastore, spot: spotOf(address, 'reads', name) })),
      );
      yield* notInProduction('transformer', address, reads);
    },
    *datastore(datastore, ask) {
      const { transformer } = datastore.changes;
      const maker = transformer === undefined ? null : ask.object('transformer', transformer);
      if (maker === null || maker.production || !isProduction(datastore)) return;
      yield {
        message: `datastore '${datastore.address}' is in production and is made by transformer '${maker.address}', which is not: it may change or go without notice.`,
        help: `Write  production: true  in '${maker.address}', or take the datastore out of production.`,
        at: spotOf(datastore.address, 'production'),
        related: [{ message: `transformer '${maker.address}'`, at: spotOf(maker.address, 'production') }],
      };
    },
  },
};

type ReadOf = { readonly datastore: Datastore; readonly spot: Spot };

/** One finding for each datastore, however many of its datasets are read. */
function* notInProduction(what: string, reader: string, reads: readonly ReadOf[]): Iterable<Report> {
  const said = new Set<string>();
  for (const { datastore, spot } of reads) {
    const { address } = datastore;
    if (isProduction(datastore) || said.has(address)) continue;
    said.add(address);
    yield {
      message: `${what} '${reader}' is in production and reads datastore '${address}', which is not: it may change or go without notice.`,
      help: `Ask the owner of '${address}' for  production: true, or take the ${what} out of production.`,
      at: spot,
      related: [{ message: `datastore '${address}'`, at: spotOf(address, 'production') }],
    };
  }
}
