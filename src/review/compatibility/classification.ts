import { rankOf } from '../../check/levels.ts';
import { columnAddress, memberAddress } from '../../model/address.ts';
import { labelsOf, levelOf, own, sourceColumn } from '../../model/effective.ts';
import { type Matched, matched } from '../../model/identity.ts';
import type { Column, Dataset, Datastore, Mesh } from '../../model/model.ts';
import { columnsOf, type DatasetPair } from './columns.ts';
import type { Judgement } from './judgement.ts';
import { openedTo, type Standing } from './levels.ts';

/**
 * A column whose level or labels are lowered: more people may see it. A new column that is read from where another was is
 * judged as that one, so that taking it away and adding it again lowers nothing unseen.
 */
export function* classificationJudgements(pair: DatasetPair, stores: Stores, meshes: Meshes): Iterable<Judgement> {
  for (const one of matched(columnsOf(pair.before.dataset), columnsOf(pair.after.dataset))) {
    const { after } = one;
    const before = one.before ?? readFromTheSame(pair, one);
    if (before === null || after === null) continue;
    const was = levelOf(meshes.before, stores.before, before.thing);
    const is = levelOf(meshes.after, stores.after, after.thing);
    // What the datastore says for all of them is judged once, below.
    const isByDatastore = before.thing.level === undefined && after.thing.level === undefined;
    const isLower = !isByDatastore && isColumnLowered(before.thing, after.thing, stores, meshes);
    const lost = labelsOf(before.thing).filter((label) => !labelsOf(after.thing).includes(label));
    if (!isLower && lost.length === 0) continue;
    const what = [
      ...(isLower ? [`goes from level '${was}' to ${is === null ? 'none' : `'${is}'`}`] : []),
      ...(lost.length > 0 ? [`loses ${lost.map((label) => `'${label}'`).join(', ')}`] : []),
    ];
    yield {
      rule: 'classification-lowered',
      address: columnAddress(pair.datastore, pair.before.name, before.name),
      headAddress: columnAddress(pair.datastore, pair.after.name, after.name),
      dataset: memberAddress(pair.datastore, pair.before.name),
      columns: [],
      what: `column '${after.name}' of '${memberAddress(pair.datastore, pair.after.name)}' ${what.join(' and ')}.`,
      changes: ['classification-lowered'],
      readers: [],
      severity: 'error',
      instead: 'Keep its level and labels.',
    };
  }
}

/**
 * The datastore's own level, which stands for every column that names none: one change, and one word of the zone for all
 * of them. `pairs`: its datasets in base and in head.
 */
export function* datastoreClassification(
  stores: Stores,
  meshes: Meshes,
  pairs: readonly Matched<Dataset>[],
): Iterable<Judgement> {
  const { before, after } = stores;
  if (before.classification === after.classification) return;
  const unnamed: Column = { type: { kind: 'text' } };
  if (!isColumnLowered(unnamed, unnamed, stores, meshes)) return;
  const columns = pairs.flatMap((one) =>
    one.before === null || one.after === null
      ? []
      : matched(columnsOf(one.before.thing), columnsOf(one.after.thing)).flatMap((column) =>
          column.before?.thing.level === undefined &&
          column.after?.thing.level === undefined &&
          column.before &&
          one.before
            ? [columnAddress(before.address, one.before.name, column.before.name)]
            : [],
        ),
  );
  const [first] = columns;
  if (first === undefined) return;
  const is = levelOf(meshes.after, after, unnamed);
  const which = columns.length === 1 ? `'${first}' names` : `${columns.length} columns, such as '${first}', name`;
  yield {
    rule: 'classification-lowered',
    address: after.address,
    headAddress: after.address,
    headPath: ['classification'],
    dataset: after.address,
    columns: [],
    what: `datastore '${after.address}' goes from level '${levelOf(meshes.before, before, unnamed)}' to ${is === null ? 'none' : `'${is}'`}, and ${which} none of ${columns.length === 1 ? 'its' : 'their'} own.`,
    changes: ['classification-lowered'],
    readers: [],
    severity: 'error',
    instead: 'Keep its level, and lower that of the columns that more people should see.',
  };
}

function isColumnLowered(before: Column, after: Column, stores: Stores, meshes: Meshes): boolean {
  return isLowered(
    { mesh: meshes.before, level: levelOf(meshes.before, stores.before, before) },
    // What the mesh alone makes of it is judged with the mesh.
    { mesh: meshes.after, level: levelOf(meshes.after, stores.before, before) },
    { mesh: meshes.after, level: levelOf(meshes.after, stores.after, after) },
  );
}

type Stores = { readonly before: Datastore; readonly after: Datastore };
type Meshes = { readonly before: Mesh; readonly after: Mesh };

/** Open to more than the mesh opened it to, or no longer under what holds from its old level on. */
function isLowered(before: Standing, byMesh: Standing, after: Standing): boolean {
  const opened = new Set(openedTo(before, byMesh));
  if (openedTo(before, after).some((clearance) => !opened.has(clearance))) return true;
  const [was, is] = [before, after].map(({ level }) => (level === null ? null : rankOf(after.mesh, level)));
  return typeof was === 'number' && typeof is === 'number' && is < was;
}

function readFromTheSame({ before }: DatasetPair, { after }: Matched<Column>): Matched<Column>['before'] {
  if (after === null) return null;
  const from = sourceColumn(after.name, after.thing);
  const name = Object.keys(before.dataset.columns).find((each) => {
    const column = own(before.dataset.columns, each);
    return column !== undefined && sourceColumn(each, column) === from;
  });
  const thing = name === undefined ? undefined : own(before.dataset.columns, name);
  return name === undefined || thing === undefined ? null : { name, thing };
}
