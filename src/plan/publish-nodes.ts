import { byCodePoint } from '../base/digest.ts';
import { groupedBy } from '../base/group.ts';
import { must } from '../base/must.ts';
import type { Read } from '../model/effective.ts';
import { publicName } from './names.ts';
import type { PublishNode, ReplicateNode, StreamNode, Table, View } from './plan.ts';
import type { Serving } from './serve.ts';
import { keptName } from './tables.ts';

/** One node a group: its views in the one container that serves it. */
export function publishNodes(
  servings: readonly Serving[],
  streams: readonly StreamNode[],
  replicas: readonly ReplicateNode[],
  scope: string,
): readonly PublishNode[] {
  const tables = new Map(
    [...streams, ...replicas].flatMap((node) =>
      node.datasets.map((table): [string, Resting] => [`${node.container} ${table.address}`, { node, table }]),
    ),
  );
  return servings.map((serving) => {
    const { group, container, facts } = serving;
    const resting = (address: string) => must(tables.get(`${container} ${address}`), `table of '${address}'`);
    const workspace = group.workspace.address.split('/').at(-1) ?? '';
    const schema = publicName([workspace, group.name], facts.identifierLimit - readerSuffix.length);
    const names = viewNames([...group.reads.keys()], facts.identifierLimit - longestWord.length);
    const why = [
      ...serving.why,
      ...(facts.users ? [] : [`${facts.title} has no users: who may read is enforced by freehold alone.`]),
      ...(group.wantsHistory && !facts.tableFunctions
        ? [`${facts.title} has no table functions: there is no  <dataset>_as_of(instant).`]
        : []),
    ];
    return {
      id: `publish:${group.address}`,
      kind: 'publish',
      after: [...new Set([...group.reads.keys()].map((address) => resting(address).node.id))],
      priority: group.priority,
      why,
      group: group.address,
      scope,
      container,
      schema,
      role: `${schema}${readerSuffix}`,
      readers: [...new Set(group.workspace.readers ?? [])].toSorted(byCodePoint),
      promisedMs: group.latencyMs,
      views: [...group.reads].map(([address, read]): View => {
        const { node, table } = resting(address);
        return {
          name: must(names.get(address), `view of '${address}'`),
          stream: node.stream,
          table: plainTable(table),
          columns: read.columns,
          ...renamedIn(read),
          history: group.wantsHistory,
        };
      }),
    };
  });
}

/** Columns of a view that have another name in the table. */
function renamedIn({ dataset, columns }: Read): Pick<View, 'kept'> {
  const kept = columns.flatMap((column): (readonly [string, string])[] => {
    const name = keptName(dataset, column);
    return name === column ? [] : [[column, name]];
  });
  return kept.length === 0 ? {} : { kept: Object.fromEntries(kept) };
}

type Resting = { readonly node: StreamNode | ReplicateNode; readonly table: Table };

const readerSuffix = '_reader';
/** The longest of the words that publishing adds to a view's name. */
const longestWord = '_ordinal_at';

/**
 * `<dataset>`; where two share a name, `<datastore>_<dataset>`, then with team, then with zone in front. Addresses are
 * distinct, so this ends.
 */
export function viewNames(addresses: readonly string[], limit: number): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  let open = [...addresses];
  for (let parts = 1; parts <= 4 && open.length > 0; parts++) {
    const named = open.map((address) => [address, address.split(/[/.]/).slice(-parts)] as const);
    const counts = groupedBy(named, ([, words]) => words.join('_'));
    for (const [address, words] of named)
      if (counts.get(words.join('_'))?.length === 1 || parts === 4) names.set(address, publicName(words, limit));
    open = open.filter((address) => !names.has(address));
  }
  return names;
}

/** What a view needs of a table, and nothing of where its rows come from. */
function plainTable({ address, name, key, columns, layout, schema, current, history, delta }: Table): Table {
  return { address, name, key, columns, layout, schema, current, history, delta };
}
