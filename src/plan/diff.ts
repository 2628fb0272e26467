import { byCodePoint, canonicalJson } from '../base/digest.ts';
import { unreachable } from '../base/must.ts';
import type { Container } from '../model/model.ts';
import { typeText } from '../types/text.ts';
import { msText } from './demand.ts';
import { durabilityText } from './durability.ts';
import { handoverLines } from './handover.ts';
import type { Node, Plan, Reading, ReplicateNode, StreamDataset, StreamNode, Table } from './plan.ts';
import { checkSays } from './quality.ts';
import { lateText, percentText } from './reading.ts';

export type PlanChange = {
  /** `+` made, `~` changed in place, `-` retired, `-/+` retired here and made anew there. */
  readonly sign: '+' | '~' | '-' | '-/+';
  /** `stream retail/sales/orders`, `dataset retail/sales/orders.customers`, `group ...`, `container store:main`. */
  readonly object: string;
  readonly detail: readonly string[];
};

/** What applying `proposed` would do where `deployed` runs; empty where the two do the same. Reasons are not compared. */
export function planChanges(deployed: Plan | null, proposed: Plan): readonly PlanChange[] {
  const before = followed(objectsOf(deployed), deployed, proposed);
  const after = objectsOf(proposed);
  const handovers = handoverLines(deployed, proposed);
  return [...new Set([...before.keys(), ...after.keys()])].toSorted(byCodePoint).flatMap((key): PlanChange[] => {
    const old = before.get(key);
    const now = after.get(key);
    const said = handovers.get((now ?? old)?.stream ?? '') ?? [];
    if (now === undefined) return old === undefined ? [] : [{ sign: '-', object: old.label, detail: said }];
    if (old === undefined) return [{ sign: '+', object: now.label, detail: [...Object.values(now.facets), ...said] }];
    const changed = [...new Set([...Object.keys(old.facets), ...Object.keys(now.facets)])].filter(
      (facet) => old.facets[facet] !== now.facets[facet],
    );
    const isRenamed = old.label !== now.label;
    if (changed.length === 0 && said.length === 0 && !isRenamed) return [];
    return [
      {
        sign: changed.some((facet) => movingFacets.has(facet)) ? '-/+' : '~',
        object: now.label,
        detail: [
          ...(isRenamed ? [`was ${old.label}`] : []),
          ...changed.map((facet) => changeText(old.facets[facet], now.facets[facet])),
          ...said,
        ],
      },
    ];
  });
}

/** A thing that a plan has, with one sentence for each facet of it that can change. */
type PlanObject = {
  readonly label: string;
  readonly facets: Readonly<Record<string, string>>;
  /** Of a stream: its address. */
  readonly stream?: string;
};

/** A dataset that moves with another stream now is the same one. */
function followed(
  objects: ReadonlyMap<string, PlanObject>,
  deployed: Plan | null,
  proposed: Plan,
): ReadonlyMap<string, PlanObject> {
  const now = new Map<string, string>();
  for (const node of proposed.nodes)
    if (node.kind === 'stream') for (const one of node.datasets) now.set(tablesOf(one), datasetKey(node, one));
  const keys = new Map<string, string>();
  for (const node of deployed?.nodes ?? [])
    if (node.kind === 'stream')
      for (const one of node.datasets) keys.set(datasetKey(node, one), now.get(tablesOf(one)) ?? '');
  return new Map([...objects].map(([key, object]) => [keys.get(key) || key, object]));
}

/** By its tables: renamed it is the same. */
function datasetKey({ kind, id }: StreamNode | ReplicateNode, dataset: Pick<Table, 'schema' | 'current'>): string {
  return `${order[kind]} ${id} ${tablesOf(dataset)}`;
}

function tablesOf({ schema, current }: Pick<Table, 'schema' | 'current'>): string {
  return `${schema}.${current}`;
}

/** Facets whose change means new tables or views elsewhere, not a change in place. */
const movingFacets = new Set(['place', 'key']);

function changeText(old: string | undefined, now: string | undefined): string {
  if (old === undefined) return `+ ${now ?? ''}`;
  return now === undefined ? `- ${old}` : `${old} -> ${now}`;
}

/** Sort key -> object: containers, captures, streams with their datasets, replicas, groups. */
function objectsOf(plan: Plan | null): ReadonlyMap<string, PlanObject> {
  const objects = new Map<string, PlanObject>();
  if (plan === null) return objects;
  for (const [id, container] of Object.entries(plan.containers))
    objects.set(`0 ${id}`, { label: `container ${id}`, facets: containerFacets(container) });
  for (const node of plan.nodes) {
    // What is taken away, each dataset says of itself; verifying changes nothing.
    if (node.kind === 'purge' || node.kind === 'verify') continue;
    const stream = node.kind === 'stream' ? { stream: node.stream } : {};
    objects.set(`${order[node.kind]} ${node.id}`, { label: label(node), facets: nodeFacets(node), ...stream });
    if (node.kind === 'stream' || node.kind === 'replicate')
      for (const dataset of node.datasets)
        objects.set(datasetKey(node, dataset), {
          label: `dataset ${dataset.address}${node.kind === 'replicate' ? ` in ${node.container}` : ''}`,
          facets: datasetFacets(dataset, node.container),
        });
  }
  return objects;
}

type Shown = Exclude<Node, { kind: 'purge' | 'verify' }>;

const order: Readonly<Record<Shown['kind'], number>> = { capture: 1, stream: 2, replicate: 3, publish: 4 };

function label(node: Shown): string {
  switch (node.kind) {
    case 'capture':
      return `capture ${node.connection}`;
    case 'stream':
      return `stream ${node.stream}`;
    case 'replicate':
      return `stream ${node.stream} in ${node.container}`;
    case 'publish':
      return `group ${node.group}`;
    default:
      return unreachable(node);
  }
}

function containerFacets({ engine, at, grade, fields }: Container): PlanObject['facets'] {
  const shown = Object.entries(fields).map(([field, value]) => [
    `field ${field}`,
    `${field} ${typeof value === 'object' ? `secret '${value.secret}'` : canonicalJson(value)}`,
  ]);
  return {
    engine: `engine ${engine}`,
    ...(at === undefined ? {} : { at: `at ${at}` }),
    ...(grade === undefined ? {} : { grade: `grade ${grade}` }),
    ...Object.fromEntries(shown),
  };
}

function nodeFacets(node: Shown): PlanObject['facets'] {
  const priority = { priority: `priority ${node.priority}` };
  switch (node.kind) {
    case 'capture':
      return { place: `from ${node.container}`, name: `slot and publication '${node.name}'`, ...priority };
    case 'stream':
      return {
        source: `reads ${node.source} by ${node.mode}`,
        ...readingFacets(node.reading),
        place: `rests in ${node.container}`,
        ...(node.durability === undefined ? {} : { durability: durabilityText(node.durability) }),
        ...timing(node),
        ...priority,
      };
    case 'replicate':
      return { store: `fed from ${node.store}`, ...timing(node), ...priority };
    case 'publish':
      return {
        place: `served from ${node.container} as schema '${node.schema}'`,
        readers: node.readers.length === 0 ? 'read by nobody' : `read by ${node.readers.join(', ')}`,
        ...priority,
        ...Object.fromEntries(
          node.views.map(({ name, table, columns, kept = {}, history }) => [
            `view ${name}`,
            `view '${name}' of ${table.address} (${columns.map((column) => shown(column, kept)).join(', ')})${history ? ' with history' : ''}`,
          ]),
        ),
      };
    default:
      return unreachable(node);
  }
}

function readingFacets(reading: Reading | undefined): PlanObject['facets'] {
  if (reading === undefined) return {};
  const held = { held: `holds what would delete more than ${percentText(reading.maxDeleted)} of a dataset` };
  if (reading.kind === 'snapshot')
    return { compare: reading.compare === 'rows' ? 'compares every row' : 'compares checksums', ...held };
  return {
    sweep: reading.sweepMs === null ? 'follows no deletes' : `compares all keys every ${msText(reading.sweepMs)}`,
    ...(reading.sweepMs === null ? {} : held),
  };
}

/** `full_name (kept as 'name')`. */
function shown(column: string, kept: Readonly<Record<string, string>>): string {
  const name = kept[column];
  return name === undefined ? column : `${column} (kept as '${name}')`;
}

function timing({ intervalMs, promisedMs }: Pick<StreamNode, 'intervalMs' | 'promisedMs'>): PlanObject['facets'] {
  return {
    interval: `at most ${msText(intervalMs)} between batches`,
    promised: promisedMs === null ? 'promised to nobody' : `promised within ${msText(promisedMs)}`,
  };
}

const layoutText: Readonly<Record<Table['layout'], string>> = {
  live: 'current rows alone',
  split: 'current rows and every closed version',
  history: 'every version in one table, current ones among them',
};

function datasetFacets(dataset: Table & Partial<StreamDataset>, container: string): PlanObject['facets'] {
  const { from, keepsDelta, watermark, checks = [] } = dataset;
  return {
    place: `table '${dataset.schema}'.'${dataset.current}' in ${container}`,
    ...(from === undefined ? {} : { from: `from '${from.schema}'.'${from.table}'` }),
    ...(watermark === undefined
      ? {}
      : { watermark: `read by '${watermark.column}', ${lateText(watermark.late)} late at most` }),
    key: dataset.key.length === 0 ? 'no key: rows are only added' : `key ${dataset.key.join(', ')}`,
    layout: layoutText[dataset.layout],
    ...(dataset.layout !== 'live'
      ? {
          retention:
            dataset.retentionMs === undefined
              ? 'versions are kept for ever'
              : `versions are kept for ${msText(dataset.retentionMs)}`,
        }
      : {}),
    ...(keepsDelta === undefined ? {} : { delta: keepsDelta ? 'keeps its net changes' : 'keeps no net changes' }),
    ...Object.fromEntries(checks.map((check) => [`check ${check.name}`, checkSays(check)])),
    ...Object.fromEntries(
      dataset.columns.map(({ name, from: source, type, nullable }) => [
        `column ${name}`,
        `column '${name}' ${typeText(type)}${nullable ? '' : ' not null'}${source === name ? '' : ` from '${source}'`}`,
      ]),
    ),
  };
}
