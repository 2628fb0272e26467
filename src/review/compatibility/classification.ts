import { rankOf } from '../../check/levels.ts';
import { columnAddress, memberAddress } from '../../model/address.ts';
import { labelsOf, levelOf, own, sourceColumn } from '../../model/effective.ts';
import { type Matched, matched } from '../../model/identity.ts';
import type { Column, Datastore, Mesh } from '../../model/model.ts';
import { columnsOf, type DatasetPair } from './columns.ts';
import type { Judgement } from './judgement.ts';
import { openedTo, type Standing } from './levels.ts';

/**
 * A column whose level or labels are lowered: more people may see it. A new column that is read from where another was is
 * judged as that one, so that taking it away and adding it again lowers nothing unseen.
 */
export function* classificationJudgements(
  pair: DatasetPair,
  stores: { readonly before: Datastore; readonly after: Datastore },
  meshes: { readonly before: Mesh; readonly after: Mesh },
): Iterable<Judgement> {
  for (const one of matched(columnsOf(pair.before.dataset), columnsOf(pair.after.dataset))) {
    const { after } = one;
    const before = one.before ?? readFromTheSame(pair, one);
    if (before === null || after === null) continue;
    const was = levelOf(meshes.before, stores.before, before.thing);
    const is = levelOf(meshes.after, stores.after, after.thing);
    const isLower = isLowered(
      { mesh: meshes.before, level: was },
      // What the mesh alone makes of it is judged with the mesh.
      { mesh: meshes.after, level: levelOf(meshes.after, stores.before, before.thing) },
      { mesh: meshes.after, level: is },
    );
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
