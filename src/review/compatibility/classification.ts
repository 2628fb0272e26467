import { columnAddress, memberAddress } from '../../model/address.ts';
import { labelsOf, levelOf, own, sourceColumn } from '../../model/effective.ts';
import { type Matched, matched } from '../../model/identity.ts';
import type { Column, Datastore, Mesh } from '../../model/model.ts';
import { columnsOf, type DatasetPair } from './columns.ts';
import type { Judgement } from './judgement.ts';

/**
 * A column whose level or labels are lowered: more people may see it. A new column that is read from where another was is
 * judged as that one, so that taking it away and adding it again lowers nothing unseen.
 */
export function* classificationJudgements(
  pair: DatasetPair,
  stores: { readonly before: Datastore; readonly after: Datastore },
  meshes: { readonly before: Mesh; readonly after: Mesh },
): Iterable<Judgement> {
  const levels = meshes.after.classification?.levels ?? [];
  for (const one of matched(columnsOf(pair.before.dataset), columnsOf(pair.after.dataset))) {
    const { after } = one;
    const before = one.before ?? readFromTheSame(pair, one);
    if (before === null || after === null) continue;
    const [was, is] = [
      levelOf(meshes.before, stores.before, before.thing),
      levelOf(meshes.after, stores.after, after.thing),
    ];
    const isLower = was !== null && is !== null && levels.includes(was) && levels.indexOf(is) < levels.indexOf(was);
    const lost = labelsOf(before.thing).filter((label) => !labelsOf(after.thing).includes(label));
    if (!isLower && lost.length === 0) continue;
    const what = [
      ...(isLower ? [`goes from level '${was}' to '${is}'`] : []),
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
