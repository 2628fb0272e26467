/**
 * Phase 3: who breaks by this change? For each changed datastore and environment, what happens to kept rows and to readers,
 * by the table of `compatibility/table.ts`; and what the mesh protects less. Asks for the changed objects and their readers,
 * and for nothing else, but where the mesh protects less.
 *
 * A reader breaks only where it uses what changed, in base and still in head: one that changes along, or is new, does not.
 */
import { canonicalJson } from '../base/digest.ts';
import type { Facts } from '../engine/facts.ts';
import type { Finding } from '../findings/finding.ts';
import { memberAddress } from '../model/address.ts';
import { isProduction } from '../model/effective.ts';
import { matched } from '../model/identity.ts';
import type { Dataset, Datastore } from '../model/model.ts';
import { digestObject } from '../model/object.ts';
import type { ParseSql } from '../sql/lineage/tree.ts';
import type { Break } from './break.ts';
import { type BreakContext, breakOf } from './compatibility/break.ts';
import { checkJudgements } from './compatibility/checks.ts';
import { classificationJudgements, datastoreClassification } from './compatibility/classification.ts';
import { columnJudgements, type DatasetPair, datasetsOf, hasRunOut } from './compatibility/columns.ts';
import type { Judgement } from './compatibility/judgement.ts';
import { meshBreaks } from './compatibility/mesh.ts';
import { captureJudgements, storeJudgements, tableJudgements } from './compatibility/moved.ts';
import { outputJudgements } from './compatibility/outputs.ts';
import { type Reader, readersOf } from './compatibility/readers.ts';
import { heldIn, servedFrom } from './compatibility/served.ts';
import { missingTombstones, unmarkedDatastore } from './identity.ts';
import type { ObjectChange, Proposal, Side } from './proposal.ts';
import { zoneLeft } from './zone-left.ts';

/** `parseSql`: how queries of transformers are read; absent: they use all that they take. */
export function compatibility(proposal: Proposal, facts: Facts, asOfMs: number, parseSql?: ParseSql): readonly Break[] {
  const { base } = proposal;
  if (base === null) return [];
  return proposal.changes.flatMap((change) => {
    const { before, after } = change;
    if (before?.kind === 'mesh' && after?.kind === 'mesh')
      return meshBreaks(proposal, base, change, before.noun, after.noun);
    if (before?.kind === 'datastore') {
      const unmarked = unmarkedDatastore(proposal, change, asOfMs);
      const leaving = zoneLeft(proposal, change, asOfMs);
      return [
        ...missingTombstones(proposal, change, asOfMs).map((finding) => lostBreak(finding, change)),
        ...(unmarked === null ? [] : [{ ...lostBreak(unmarked.finding, change), needs: unmarked.needs }]),
        ...(leaving === null ? [] : [leaving]),
        ...datastoreBreaks(proposal, base, change, before.noun, after?.kind === 'datastore' ? after.noun : null, {
          facts,
          asOfMs,
          ...(parseSql === undefined ? {} : { parseSql }),
        }),
      ];
    }
    if (before?.kind === 'environment' && after?.kind === 'environment') {
      const context: BreakContext = {
        ...digests(change),
        proposal,
        facts,
        isProduction: true,
        servedFrom: () => [],
        heldIn: [],
      };
      return storeJudgements(change.address, before.noun, after.noun).map((one) => breakOf(one, context));
    }
    return [];
  });
}

type Given = { readonly facts: Facts; readonly asOfMs: number; readonly parseSql?: ParseSql };

/** Nobody's consent helps: what to write is known. */
function lostBreak(finding: Finding, change: ObjectChange): Break {
  return { finding, rule: finding.rule, address: finding.address ?? change.address, ...digests(change), needs: [] };
}

function digests({ before, after }: ObjectChange) {
  return {
    before: before === null ? null : digestObject(before),
    after: after === null ? null : digestObject(after),
  };
}

function datastoreBreaks(
  proposal: Proposal,
  base: Side,
  change: ObjectChange,
  before: Datastore,
  after: Datastore | null,
  given: Given,
): readonly Break[] {
  const { head } = proposal;
  const datastore = after ?? before;
  const context: BreakContext = {
    ...digests(change),
    proposal,
    facts: given.facts,
    isProduction: isProduction(before),
    servedFrom: (reader) => servedFrom(head.lookup, datastore, reader),
    heldIn: heldIn(head.lookup, datastore),
  };
  const judgements = [...datastoreJudgements(base, head, before, after, given)];
  return judgements.map((one) => breakOf(one, context));
}

function* datastoreJudgements(
  base: Side,
  head: Side,
  before: Datastore,
  after: Datastore | null,
  { asOfMs, parseSql }: Given,
): Iterable<Judgement> {
  const readersIn = ({ lookup }: Side, dataset: string) => readersOf(lookup, before.address, dataset, parseSql);
  const datasets = matched(datasetsOf(before), after === null ? nothing : datasetsOf(after));
  if (after !== null && Object.keys(after.datasets).length > 0) yield* captureJudgements(before, after);
  const meshes = { before: base.lookup.object('mesh', 'mesh'), after: head.lookup.object('mesh', 'mesh') };
  if (after !== null && meshes.before !== null && meshes.after !== null)
    yield* datastoreClassification({ before, after }, { before: meshes.before, after: meshes.after }, datasets);
  for (const one of datasets) {
    if (one.before === null) continue;
    const readersBefore = () => readersIn(base, one.before?.name ?? '');
    if (one.after === null || after === null) {
      if (!hasRunOut([one.before.thing.deprecated, before.deprecated], asOfMs))
        yield* removedDataset(before.address, one.before, readersBefore(), readersIn(head, one.before.name));
      continue;
    }
    if (isAsItWas(before, after, one.before, one.after)) continue;
    const pair: DatasetPair = {
      datastore: before.address,
      before: { name: one.before.name, dataset: one.before.thing },
      after: { name: one.after.name, dataset: one.after.thing },
      deprecations: [one.before.thing.deprecated, before.deprecated],
      readersBefore: readersBefore(),
      readersAfter: readersIn(head, one.after.name),
    };
    yield* renamedDataset(pair, readersIn(head, one.before.name));
    yield* columnJudgements(pair, asOfMs);
    yield* checkJudgements(pair);
    yield* tableJudgements(pair);
    yield* outputJudgements(pair, head.lookup);
    if (meshes.before !== null && meshes.after !== null)
      yield* classificationJudgements(pair, { before, after }, { before: meshes.before, after: meshes.after });
  }
}

type Named = { readonly name: string; readonly thing: Dataset };

/** One of a thousand datasets that did not change, in a datastore that says the same of its columns: nothing to judge. */
function isAsItWas(before: Datastore, after: Datastore, was: Named, is: Named): boolean {
  return (
    was.name === is.name &&
    before.classification === after.classification &&
    canonicalJson(was.thing) === canonicalJson(is.thing)
  );
}

const nothing = { members: {}, tombstones: [] };

type Readers = ReadonlyMap<string, Reader>;

function* removedDataset(
  datastore: string,
  { name, thing }: Named,
  before: Readers,
  after: Readers,
): Iterable<Judgement> {
  const readers = [...after.values()].filter(({ address }) => before.has(address));
  if (readers.length === 0) return;
  const address = memberAddress(datastore, name);
  yield {
    rule: 'dataset-removed',
    address,
    headAddress: address,
    dataset: address,
    columns: Object.keys(thing.columns),
    what: `dataset '${address}' is removed.`,
    changes: ['dataset-removed'],
    readers,
    severity: 'error',
    instead:
      "Keep it and deprecate it (  deprecated: { removal: '...' }  ): once that day has come, readers of all datasets no longer hold it.",
  };
}

/** Readers of all datasets see it under another name; one that asks for the new name has changed along. */
function* renamedDataset(pair: DatasetPair, stillByOldName: Readers): Iterable<Judgement> {
  const { datastore, before, after, readersBefore, readersAfter } = pair;
  if (before.name === after.name) return;
  const address = memberAddress(datastore, before.name);
  const isWide = ({ references }: Reader) => references.every(({ from }) => from === memberAddress(datastore, '*'));
  const wide = [...readersAfter.values()].filter((reader) => isWide(reader));
  const named = [...stillByOldName.values()].filter((reader) => !isWide(reader));
  const readers = [...wide, ...named].filter((reader) => readersBefore.has(reader.address));
  if (readers.length === 0) return;
  yield {
    rule: 'dataset-renamed',
    address,
    headAddress: memberAddress(datastore, after.name),
    dataset: address,
    columns: Object.keys(before.dataset.columns),
    what: `dataset '${address}' is renamed to '${after.name}'.`,
    changes: ['dataset-renamed'],
    readers,
    severity: 'error',
    instead: `Keep '${before.name}': its doc may say what else it is called. Or have the source write a table '${after.name}' beside it, add that, and deprecate '${before.name}'.`,
  };
}
