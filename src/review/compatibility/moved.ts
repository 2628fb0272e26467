import { canonicalJson } from '../../base/digest.ts';
import { memberAddress } from '../../model/address.ts';
import { isTogether, own, sourceColumn, sourceTable } from '../../model/effective.ts';
import { matched } from '../../model/identity.ts';
import type { Container, Datastore, Environment } from '../../model/model.ts';
import { physicalNameText } from '../../model/physical.ts';
import { columnsOf, type DatasetPair } from './columns.ts';
import type { Judgement } from './judgement.ts';

/** Rows come from elsewhere, or in another way. */
export function captureJudgements(before: Datastore, after: Datastore): readonly Judgement[] {
  // What is compared, and what is held back, changes nothing that comes to be seen.
  const how = ({ mode, column = '', transformer = '', late, sweep }: Datastore['changes']) => {
    if (mode === 'output') return `output('${transformer}')`;
    const said = [
      ...(column === '' ? [] : [`'${column}'`]),
      ...(late === undefined ? [] : [`late ${late}`]),
      ...(sweep === undefined ? [] : [`sweep ${sweep}`]),
    ];
    return `${mode}(${said.join(', ')})`;
  };
  const moved = [
    ...(before.source === after.source ? [] : [`source '${before.source ?? ''}' becomes '${after.source ?? ''}'`]),
    ...(how(before.changes) === how(after.changes) ? [] : [`${how(before.changes)} becomes ${how(after.changes)}`]),
    ...(isTogether(before) === isTogether(after)
      ? []
      : [isTogether(after) ? 'its datasets move together' : 'each of its datasets moves alone']),
  ];
  return moved.length === 0 ? [] : [moving(after.address, after.address, `datastore '${after.address}'`, moved)];
}

export function tableJudgements(pair: DatasetPair): readonly Judgement[] {
  const { before, after } = pair;
  const [was, is] = [
    physicalNameText(sourceTable(before.name, before.dataset)),
    physicalNameText(sourceTable(after.name, after.dataset)),
  ];
  const columns = matched(columnsOf(before.dataset), columnsOf(after.dataset)).flatMap((one) => {
    if (one.before === null || one.after === null) return [];
    const names = [sourceColumn(one.before.name, one.before.thing), sourceColumn(one.after.name, one.after.thing)];
    return names[0] === names[1] ? [] : [`column '${names[0]}' becomes '${names[1]}'`];
  });
  const moved = [...(was === is ? [] : [`table '${was}' becomes '${is}'`]), ...columns];
  const address = memberAddress(pair.datastore, before.name);
  return moved.length === 0
    ? []
    : [moving(address, memberAddress(pair.datastore, after.name), `dataset '${address}'`, moved)];
}

function moving(address: string, headAddress: string, subject: string, moved: readonly string[]): Judgement {
  return {
    rule: 'capture-moved',
    address,
    headAddress,
    dataset: address,
    columns: [],
    what: `${subject} is read from elsewhere or otherwise: ${moved.join('; ')}.`,
    changes: ['capture-moved'],
    readers: [],
    severity: 'warning',
    instead: 'Make sure that the new place holds the same rows: what differs becomes one correction, at one moment.',
  };
}

/** Stores that are another database than before, and routes that lead elsewhere. */
export function storeJudgements(address: string, before: Environment, after: Environment): readonly Judgement[] {
  const names = Object.keys(before.stores);
  const moved = names.flatMap((name) => {
    const [was, is] = [own(before.stores, name), own(after.stores, name)];
    if (was === undefined || (is !== undefined && placeText(was) === placeText(is))) return [];
    return [is === undefined ? `store '${name}' is gone` : `store '${name}' is another database`];
  });
  const hasRoutes = canonicalJson(before.route ?? []) !== canonicalJson(after.route ?? []);
  const all = [...moved, ...(hasRoutes ? ['its routes change'] : [])];
  if (all.length === 0) return [];
  return [
    {
      rule: 'store-moved',
      address,
      headAddress: address,
      dataset: address,
      columns: [],
      what: `rows of environment '${after.name}' come to rest elsewhere: ${all.join('; ')}.`,
      changes: ['store-moved'],
      readers: [],
      severity: 'warning',
      instead:
        'Look at what  freehold plan  shows before it is applied: each stream that moves says from where to where.',
    },
  ];
}

/** What says which database it is: a password, or how it is encrypted, moves nothing. */
function placeText({ engine, fields }: Container): string {
  const { host, port, database, file, embedded } = fields;
  return canonicalJson({ engine, host, port, database, file, embedded } as const);
}
