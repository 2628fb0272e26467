import { sourceTable } from '../../model/effective.ts';
import { physicalNameText } from '../../model/physical.ts';
import type { WholeRule } from '../rule.ts';
import { type DatasetEntry, spotOf } from '../subject.ts';

/** A table of a source belongs to one dataset: two would be two truths, read and stored twice. */
export const duplicateSourceTable: WholeRule = {
  name: 'duplicate-source-table',
  *find({ datasets }) {
    const first = new Map<string, DatasetEntry>();
    for (const entry of datasets) {
      const physical = sourceTable(entry.name, entry.dataset);
      const table = physicalNameText(physical);
      const key = JSON.stringify([entry.datastore.source, physical.schema, physical.table]);
      const other = first.get(key);
      if (other === undefined) {
        first.set(key, entry);
        continue;
      }
      yield {
        message: `dataset '${entry.address}' reads table '${table}' of connection '${entry.datastore.source}', which is already dataset '${other.address}': a source table has one owner.`,
        help: `Keep one of the two, and let a group read it:  read: ['${other.address}'].`,
        at: spotOf(entry.address, 'from'),
        related: [{ message: `dataset '${other.address}'`, at: spotOf(other.address, 'from') }],
      };
    }
  },
};
