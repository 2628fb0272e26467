import { own } from '../../model/effective.ts';
import { lineages } from '../graph/transformer.ts';
import type { Ask, Report, Rule, Spot } from '../rule.ts';
import { spotOf } from '../spots.ts';
import { quoted } from '../words.ts';

/** A query of a transformer can be followed: it reads what stands under `reads`, and gives the columns of its dataset. */
export const unfitQuery: Rule = {
  name: 'unfit-query',
  judges: {
    *transformer({ address, code, reads }, ask) {
      if (code.kind !== 'sql' || ask.parseSql === undefined) return;
      const lineage = lineages(ask, address);
      for (const dataset of Object.keys(code.queries)) {
        const { opaque, unread, reaching, names } = lineage(dataset);
        const at = spotOf(address, 'code', 'queries', dataset);
        const query = `the query for '${dataset}' of transformer '${address}'`;
        if (unread.length > 0)
          yield {
            message: `${query} reads ${quoted(unread)}, which ${unread.length === 1 ? 'is' : 'are'} not under  reads: no one could say what it is made of, or who allowed that.`,
            help: `Name it there,  reads: { ${unread[0]}: 'zone/team/datastore.dataset' }. It has ${quoted(Object.keys(reads))}.`,
            at,
          };
        else if (reaching.length > 0)
          yield {
            message: `${query} calls ${quoted(reaching)}, which ${reaching.length === 1 ? 'is' : 'are'} told in text what to read: no one could say what it is made of, or who allowed that.`,
            help: `Name the dataset under  reads,  and select from that name. It has ${quoted(Object.keys(reads))}.`,
            at,
          };
        // DuckDB has words that this parser lacks: such a query is followed as a whole.
        else if (opaque !== null && code.dialect === 'postgres')
          yield {
            message: `${query} cannot be followed: ${opaque}.`,
            help: 'Correct it. It is one SELECT on the names under  reads, in the SQL of PostgreSQL.',
            at,
          };
        else if (opaque === null && names !== null && code.dialect === 'postgres')
          yield* missing(ask, address, dataset, names, query, at);
      }
    },
  },
};

function* missing(
  ask: Ask,
  transformer: string,
  dataset: string,
  names: ReadonlySet<string>,
  query: string,
  at: Spot,
): Iterable<Report> {
  for (const output of ask.found('output', transformer)) {
    const columns = Object.keys(own(ask.object('datastore', output)?.datasets ?? {}, dataset)?.columns ?? {});
    const absent = columns.filter((column) => !names.has(column));
    if (absent.length === 0) continue;
    yield {
      message: `${query} gives no ${quoted(absent)}, which '${output}.${dataset}' has.`,
      help: `Name each column as the dataset does,  select ... as ${absent[0]}. It gives ${quoted([...names])}.`,
      at,
      related: [{ message: `dataset '${output}.${dataset}'`, at: spotOf(`${output}.${dataset}`) }],
    };
  }
}
