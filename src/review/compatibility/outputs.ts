import { columnAddress, memberAddress } from '../../model/address.ts';
import { matched } from '../../model/identity.ts';
import type { Lookup } from '../../model/lookup.ts';
import { fits } from '../../types/fits.ts';
import { typeText } from '../../types/text.ts';
import { columnsOf, type DatasetPair } from './columns.ts';
import type { Judgement } from './judgement.ts';
import { seesValues } from './readers.ts';

/**
 * A column gets wider, and a transformer that reads it writes one of its name that stays as narrow: values that fitted no
 * longer do. By name, until the lineage of its code says more.
 */
export function* outputJudgements(pair: DatasetPair, lookup: Lookup): Iterable<Judgement> {
  const transformers = [...pair.readersAfter.values()].filter(({ kind }) => kind === 'transformer');
  if (transformers.length === 0) return;
  for (const { before, after } of matched(columnsOf(pair.before.dataset), columnsOf(pair.after.dataset))) {
    if (before === null || after === null || !fits(before.thing.type, after.thing.type)) continue;
    for (const reader of transformers) {
      if (!reader.references.some((one) => seesValues(one, after.name))) continue;
      const narrow = lookup.found('output', reader.address).flatMap((address) => {
        const datasets = Object.entries(lookup.object('datastore', address)?.datasets ?? {});
        return datasets.flatMap(([name, { columns }]) => {
          const type = Object.hasOwn(columns, after.name) ? columns[after.name]?.type : undefined;
          if (type === undefined || !fits(before.thing.type, type) || fits(after.thing.type, type)) return [];
          return [`'${columnAddress(address, name, after.name)}' (${typeText(type)})`];
        });
      });
      if (narrow.length === 0) continue;
      yield {
        rule: 'output-narrower',
        address: columnAddress(pair.datastore, pair.before.name, before.name),
        headAddress: columnAddress(pair.datastore, pair.after.name, after.name),
        dataset: memberAddress(pair.datastore, pair.before.name),
        columns: Object.keys(pair.before.dataset.columns),
        what: `column '${before.name}' of '${memberAddress(pair.datastore, pair.before.name)}' changes from ${typeText(before.thing.type)} to ${typeText(after.thing.type)}, and what is made of it stays narrower: ${narrow.join(', ')}.`,
        changes: [],
        readers: [reader],
        severity: 'warning',
        instead: 'Let the output be as wide, in this change or before it.',
      };
    }
  }
}
