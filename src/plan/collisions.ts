import { groupedBy } from '../base/group.ts';
import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import type { Node, PublishNode } from './plan.ts';
import type { Serving } from './serve.ts';
import type { StreamDraft } from './streams.ts';

/** Names that two things of one container share, and names that an engine would cut or that are ours. */
export function nameFindings(
  nodes: readonly Node[],
  servings: readonly Serving[],
  streams: readonly StreamDraft[],
): readonly Finding[] {
  const publishing = nodes.filter((node) => node.kind === 'publish');
  const schemas = publishing.map((node) => ({
    key: `${node.container} ${node.schema}`,
    name: node.schema,
    of: node.group,
  }));
  return [
    ...twice(schemas, 'schema', 'Rename one of the groups, or the workspace of one.'),
    ...publishing.flatMap((node) =>
      twice(relations(node), 'view', 'Rename one of the datasets, or read them in two groups.'),
    ),
    ...twice(tables(nodes), 'table', 'Rename one of the datasets.'),
    ...columnNames(servings, streams),
  ];
}

type Named = { readonly key: string; readonly name: string; readonly of: string };

function twice(all: readonly Named[], what: string, help: string): readonly Finding[] {
  return [...groupedBy(all, ({ key }) => key).values()].flatMap(([first, second]) =>
    first === undefined || second === undefined
      ? []
      : [
          finding({
            rule: 'name-collision',
            address: second.of,
            message: `'${first.of}' and '${second.of}' would both have the ${what} '${first.name}' in one container.`,
            help,
          }),
        ],
  );
}

function relations(node: PublishNode): readonly Named[] {
  return node.views.flatMap(({ name, history, table }) =>
    [name, ...(history ? [`${name}_history`] : [])].map((relation) => ({
      key: relation,
      name: `${node.schema}.${relation}`,
      of: table.address,
    })),
  );
}

function tables(nodes: readonly Node[]): readonly Named[] {
  return nodes.flatMap((node) =>
    node.kind !== 'stream' && node.kind !== 'replicate'
      ? []
      : node.datasets.flatMap(({ address, schema, current, history, delta }) =>
          [current, history, delta].map((table) => ({
            key: `${node.container} ${schema} ${table}`,
            name: `${schema}.${table}`,
            of: address,
          })),
        ),
  );
}

function columnNames(servings: readonly Serving[], streams: readonly StreamDraft[]): readonly Finding[] {
  const limits = new Map<string, { limit: number; title: string }>();
  const copies = [
    ...streams.map((draft) => ({ draft, facts: draft.store.facts })),
    ...servings.flatMap(({ streams: needed, facts }) => [...needed.values()].map((draft) => ({ draft, facts }))),
  ];
  for (const { draft, facts } of copies) {
    const known = limits.get(draft.stream);
    if (known === undefined || facts.identifierLimit < known.limit)
      limits.set(draft.stream, { limit: facts.identifierLimit, title: facts.title });
  }
  return streams.flatMap(({ stream, datastore, datasets }) =>
    [...datasets].flatMap(([name, { columns }]) =>
      Object.keys(columns).flatMap((column) => {
        const { limit, title } = limits.get(stream) ?? { limit: 63, title: '' };
        const isOurs = column.startsWith('fh_');
        if (!isOurs && column.length <= limit) return [];
        return [
          finding({
            rule: isOurs ? 'reserved-name' : 'name-too-long',
            address: `${datastore.address}.${name}#${column}`,
            message: isOurs
              ? `column '${column}' begins with 'fh_', which freehold keeps for its own columns in the same tables.`
              : `column '${column}' has ${column.length} characters, and ${title} keeps only ${limit} of a name.`,
            help: `Give the column another name and keep the source's:  from: '${column}'.`,
          }),
        ];
      }),
    ),
  );
}
