import { describe, expect, test } from 'vitest';
import { advance, Fenced, readCheckpoint, takeOver } from '../checkpoint.ts';
import { dataset, freshStore, mergeChanges, openStream, type Staged, tablesOf } from '../testing/fixture.ts';

const items = dataset('items', ['id'], { id: 'int32', label: 'varchar(20)?', note: 'text?', body: 'json?' });

/** `+5 1 a b {}`: upsert at ordinal 5; `-5 1`: delete. `~` is null, `?` a value the log left out. */
function staged(...lines: readonly string[]): Staged[] {
  return lines.map((line) => {
    const [head = '', ...fields] = line.split(' ');
    const row = items.columns.map((_, i) => (fields[i] === undefined || /^[~?]$/.test(fields[i]) ? null : fields[i]));
    const unchanged = fields.flatMap((field, i) => (field === '?' ? [i] : []));
    return {
      ordinal: BigInt(head.slice(1)),
      op: head.startsWith('-') ? 'delete' : 'upsert',
      row,
      ...(unchanged.length > 0 ? { unchanged } : {}),
    };
  });
}

const cases: readonly {
  readonly name: string;
  readonly batches: readonly (readonly string[])[];
  readonly current: readonly string[];
  readonly history: readonly string[];
}[] = [
  {
    name: 'an insert, an update and a delete leave one version each',
    batches: [['+1 1 a x {}', '+1 2 b x {}'], ['+2 1 A x {}'], ['-3 2']],
    current: ['1|A|x|{}|2'],
    history: ['1|a|x|{}|1|2', '2|b|x|{}|1|3'],
  },
  {
    name: 'several ordinals of one key in one batch each become a version, also A -> B -> A',
    batches: [['+1 1 a x {}', '+2 1 b x {}', '+3 1 a x {}']],
    current: ['1|a|x|{}|3'],
    history: ['1|a|x|{}|1|2', '1|b|x|{}|2|3'],
  },
  {
    name: 'within an ordinal only the net effect counts',
    batches: [['+1 1 a x {}', '+2 1 b x {}', '+2 1 c x {}', '+3 2 t x {}', '-3 2', '+4 1 d x {}', '+4 1 c x {}']],
    current: ['1|c|x|{}|2'],
    history: ['1|a|x|{}|1|2'],
  },
  {
    name: 'a delete and a later reinsertion of the same row are two versions with a gap between',
    batches: [['+1 1 a x {}'], ['-2 1', '+3 1 a x {}', '-4 1'], ['+6 1 a x {}']],
    current: ['1|a|x|{}|6'],
    history: ['1|a|x|{}|1|2', '1|a|x|{}|3|4'],
  },
  {
    name: 'an update that changes nothing by value makes no version',
    batches: [
      ['+1 1 a ~ {"x":1,"y":[1.0]}', '+1 2 ~ ~ ~'],
      ['+2 1 a ~ {"y":[1.0],"x":1}', '+3 2 ~ ~ ~', '-4 9', '+5 1 b ~ ~', '+6 1 b ~ ~'],
    ],
    current: ['1|b|~|~|5', '2|~|~|~|1'],
    history: ['1|a|~|{"x": 1, "y": [1.0]}|1|5'],
  },
  {
    name: 'json is compared by its canonical text: order of members carries no meaning, digits do',
    batches: [['+1 1 a ~ {"x":1,"y":1.0}'], ['+2 1 a ~ {"y":1.0,"x":1}', '+3 1 a ~ {"y":1.00,"x":1}']],
    current: ['1|a|~|{"x": 1, "y": 1.00}|3'],
    history: ['1|a|~|{"x": 1, "y": 1.0}|1|3'],
  },
  {
    name: 'null and a value are not equal',
    batches: [['+1 1 a ~ {}'], ['+2 1 ~ ~ {}', '+3 1 a ~ ~']],
    current: ['1|a|~|~|3'],
    history: ['1|a|~|{}|1|2', '1|~|~|{}|2|3'],
  },
  {
    name: 'keys that are swapped within one transaction keep their rows',
    batches: [
      ['+1 1 a x {}', '+1 2 b x {}'],
      ['-2 1', '+2 9 a x {}', '-2 2', '+2 1 b x {}', '-2 9', '+2 2 a x {}'],
    ],
    current: ['1|b|x|{}|2', '2|a|x|{}|2'],
    history: ['1|a|x|{}|1|2', '2|b|x|{}|1|2'],
  },
  {
    name: 'a value that the log left out is that of the current row',
    batches: [['+1 1 a x {"k":1}'], ['+2 1 b ? ?', '+3 1 c y ?', '+4 1 d ? ~', '+5 1 e ? ?']],
    current: ['1|e|y|~|5'],
    history: ['1|a|x|{"k": 1}|1|2', '1|b|x|{"k": 1}|2|3', '1|c|y|{"k": 1}|3|4', '1|d|y|~|4|5'],
  },
  {
    name: 'a value that the log left out follows its row through key changes',
    batches: [
      ['+1 1 a x {"k":1}', '+1 2 b y {"k":2}'],
      [
        '-2 1',
        '+2 9 a ? ?',
        '-2 2',
        '+2 1 b ? ?',
        '-2 9',
        '+2 2 a ? ?',
        '-3 2',
        '+3 5 c ? ?',
        '+4 1 z ? ~',
        '-5 5',
        '+5 6 c ? ?',
      ],
    ],
    current: ['1|z|y|~|4', '6|c|x|{"k": 1}|5'],
    history: [
      '1|a|x|{"k": 1}|1|2',
      '1|b|y|{"k": 2}|2|4',
      '2|a|x|{"k": 1}|2|3',
      '2|b|y|{"k": 2}|1|2',
      '5|c|x|{"k": 1}|3|5',
    ],
  },
  {
    name: 'a delete just before an update of another row is not taken for a key change',
    batches: [
      ['+1 1 a x {"k":1}', '+1 2 b y {"k":2}'],
      ['-2 1', '+2 2 c ? ?', '+3 3 n z ~', '-4 3', '+4 2 d ? ?'],
    ],
    current: ['2|d|y|{"k": 2}|4'],
    history: ['1|a|x|{"k": 1}|1|2', '2|b|y|{"k": 2}|1|2', '2|c|y|{"k": 2}|2|4', '3|n|z|~|3|4'],
  },
];

describe('merge', () => {
  test.each(cases)('$name', async ({ batches, current, history }) => {
    await using c = await freshStore();
    let held = await openStream(c, [items]);
    for (const lines of batches) {
      const changes = staged(...lines);
      const to = changes.at(-1)?.ordinal ?? 0n;
      ({ held } = await mergeChanges(c, items, held, changes, to));
    }
    const tables = await tablesOf(c, items);
    expect({ current: tables.current, history: tables.history }).toEqual({ current, history });
  });

  test('a replayed batch is fenced and changes nothing', async () => {
    await using c = await freshStore();
    const first = await openStream(c, [items]);
    await mergeChanges(c, items, first, staged('+1 1 a x {}'), 1n);
    const before = await tablesOf(c, items);
    await expect(mergeChanges(c, items, first, staged('+1 1 b x {}'), 1n)).rejects.toThrow(Fenced);
    expect(await tablesOf(c, items)).toEqual(before);
    expect(await readCheckpoint(c, first.stream)).toMatchObject({ ordinal: 1n, epoch: 1n });
  });

  test('of two writers the one that was taken over is fenced', async () => {
    await using c = await freshStore();
    await using other = await c.again();
    const first = await openStream(c, [items]);
    const second = await takeOver(other, first.stream);
    expect(second.epoch).toBe(first.epoch + 1n);
    await expect(mergeChanges(c, items, first, staged('+1 1 a x {}'), 1n)).rejects.toThrow(Fenced);
    await mergeChanges(other, items, second, staged('+1 1 b x {}'), 1n);
    expect((await tablesOf(c, items)).current).toEqual(['1|b|x|{}|1']);
  });

  test('a second writer waits for the first, then is fenced', async () => {
    await using c = await freshStore();
    await using other = await c.again();
    const held = await openStream(c, [items]);
    const to = { ordinal: 1n, position: null, identity: null };
    const waiting = await c.transaction(async () => {
      await advance(c, held, to);
      // Within an array, so that the promise itself is what the transaction gives.
      return [expect(other.transaction(() => advance(other, held, to))).rejects.toThrow(Fenced)];
    });
    await Promise.all(waiting);
  });

  test('an update of a dataset without key is an error that names it', async () => {
    await using c = await freshStore();
    const log = dataset('log', [], { at: 'timestamp?', line: 'text?' });
    const held = await openStream(c, [log]);
    const row = ['2026-01-01 00:00:00', 'hello'];
    const added = await mergeChanges(
      c,
      log,
      held,
      [1n, 1n, 2n].map((ordinal) => ({ ordinal, op: 'upsert', row })),
      2n,
    );
    expect(added.changes).toEqual({ [log.address]: 3 });
    expect((await tablesOf(c, log)).current).toHaveLength(3);
    await expect(mergeChanges(c, log, added.held, [{ ordinal: 3n, op: 'delete', row }], 3n)).rejects.toThrow(
      "'retail/sales/shop.log', which has no key",
    );
    expect((await tablesOf(c, log)).current).toHaveLength(3);
  });

  test('a left out value that is nowhere to be found stops the batch', async () => {
    await using c = await freshStore();
    const held = await openStream(c, [items]);
    await expect(mergeChanges(c, items, held, staged('+1 1 a ? {}'), 1n)).rejects.toThrow('nothing was merged');
  });
});
