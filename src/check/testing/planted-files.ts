import type { Column, Container, Dataset, Datastore, Group, Model } from '../../model/model.ts';

/**
 * A planted mesh as its people would write it: an object in a file, and in it an attribute, a column or a reference on a line.
 * `together`: datastores that share one file.
 */
export function plantedFiles(model: Model, together: (address: string) => boolean): Readonly<Record<string, string>> {
  const { mesh } = model;
  const apart = Object.values(model.datastores).filter(({ address }) => !together(address));
  const shared = Object.values(model.datastores).filter(({ address }) => together(address));
  return Object.fromEntries([
    file('mesh.ts', ['mesh'], exported(`mesh(${quoted(mesh.name)}, `, without(mesh, 'name'), ')')),
    ...Object.values(model.zones).map((zone) =>
      file(`${zone.name}/zone.ts`, ['zone'], exported(`zone(${quoted(zone.name)}, `, without(zone, 'name'), ')')),
    ),
    ...apart.map((one) => file(fileOf(one.address), datastoreWords, [`export default ${datastoreText(one)};`])),
    file('filler.ts', datastoreWords, ['export default [', ...shared.map((one) => `${datastoreText(one)},`), '];']),
    ...Object.values(model.transformers).map((one) =>
      file(
        fileOf(one.address),
        ['transformer'],
        exported(`transformer(${quoted(one.address)}, `, without(one, 'address'), ')'),
      ),
    ),
    ...Object.values(model.workspaces).map((one) =>
      file(
        fileOf(one.address),
        ['group', 'workspace'],
        [
          `export default workspace(${quoted(one.address)}, {`,
          ...attributes(without(one, 'address', 'groups'), 1),
          '  groups: {',
          ...Object.entries(one.groups).flatMap(([name, group]) => groupLines(name, group)),
          '  },',
          '});',
        ],
      ),
    ),
    ...Object.values(model.declassifications).map((one) =>
      file(
        `declassified/${one.name}.ts`,
        ['declassification'],
        exported(`declassification(${quoted(one.name)}, `, without(one, 'name'), ')'),
      ),
    ),
    ...Object.values(model.environments).map(({ name, ledger, connections, stores, route, replicas }) =>
      file(
        `platform/${name}.ts`,
        ['environment', 'postgres'],
        [
          `export default environment(${quoted(name)}, {`,
          `  ledger: ${containerText(ledger)},`,
          ...containers('connections', connections),
          ...containers('stores', stores),
          ...attributes({ route }, 1),
          ...(replicas === undefined
            ? []
            : [
                '  replicas: {',
                ...Object.entries(replicas).map(
                  ([each, { on, serves }]) =>
                    `    ${each}: { on: [${on.map(containerText).join(', ')}], serves: ${inline(serves)} },`,
                ),
                '  },',
              ]),
          '});',
        ],
      ),
    ),
  ]);
}

/** The file of an object. */
export function fileOf(address: string): string {
  return `${address}.ts`;
}

const datastoreWords = ['datastore', 'output', 'snapshot', 'table', 'text'];

function file(path: string, words: readonly string[], lines: readonly string[]): readonly [string, string] {
  return [path, [`import { ${words.join(', ')} } from 'freehold';`, '', ...lines, ''].join('\n')];
}

function exported(head: string, body: object, tail: string): readonly string[] {
  return [`export default ${head}{`, ...attributes(body, 1), `}${tail};`];
}

function datastoreText(datastore: Datastore): string {
  const { address, source, changes, classification } = datastore;
  const how = changes.mode === 'output' ? `output(${quoted(changes.transformer ?? '')})` : `${changes.mode}()`;
  return [
    `datastore(${quoted(address)}, {`,
    ...attributes({ source }, 1),
    `  changes: ${how},`,
    ...attributes({ classification }, 1),
    '  datasets: {',
    ...Object.entries(datastore.datasets).flatMap(([name, dataset]) => datasetLines(name, dataset)),
    '  },',
    '})',
  ].join('\n');
}

function datasetLines(name: string, dataset: Dataset): readonly string[] {
  return [
    `    ${name}: table(${inline(without(dataset, 'columns'))}, {`,
    ...Object.entries(dataset.columns).map(([each, column]) => `      ${columnLine(each, column)}`),
    '    }),',
  ];
}

/** As it stands in the file, without the blanks before it. */
export function columnLine(name: string, { level, labels = [] }: Pick<Column, 'level' | 'labels'>): string {
  const calls = [
    ...(level === undefined ? [] : [`.level(${quoted(level)})`]),
    ...labels.map((label) => `.label(${quoted(label)})`),
  ];
  return `${name}: text()${calls.join('')},`;
}

function groupLines(name: string, { read, ...rest }: Group): readonly string[] {
  return [
    `    ${groupLine(name)}`,
    ...attributes(rest, 3),
    '      read: [',
    ...read.map((reference) => `        ${inline(reference)},`),
    '      ],',
    '    }),',
  ];
}

export function groupLine(name: string): string {
  return `${name}: group({`;
}

function containers(what: string, of: Readonly<Record<string, Container>>): readonly string[] {
  return [
    `  ${what}: {`,
    ...Object.entries(of).map(([name, container]) => `    ${name}: ${containerText(container)},`),
    '  },',
  ];
}

function containerText({ engine, at, fields }: Container): string {
  return `${engine}(${inline({ at, ...fields })})`;
}

/** An attribute on a line; records in it, too. */
function attributes(body: object, depth: number): readonly string[] {
  const indent = '  '.repeat(depth);
  return Object.entries(body).flatMap(([name, value]: [string, unknown]): readonly string[] => {
    if (value === undefined) return [];
    const key = /^\w+$/.test(name) ? name : quoted(name);
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return [`${indent}${key}: ${inline(value)},`];
    return [`${indent}${key}: {`, ...attributes(value, depth + 1), `${indent}},`];
  });
}

/** On one line, as it stands there. */
export function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? quoted(value) : String(value);
  const members = Object.entries(value).flatMap(([name, one]: [string, unknown]) =>
    one === undefined ? [] : [`${name}: ${inline(one)}`],
  );
  return `{ ${members.join(', ')} }`;
}

function quoted(text: string): string {
  return text.includes("'") ? JSON.stringify(text) : `'${text}'`;
}

function without<T extends object, K extends keyof T>(record: T, ...names: readonly K[]): Omit<T, K>;
function without(record: object, ...names: readonly string[]): object {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}
