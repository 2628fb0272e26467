import { didYouMean, nearName } from '../../findings/near-name.ts';
import { parseMemberAddress, parseObjectAddress } from '../../model/address.ts';
import { type PlacedReference, referencesOfTransformer, referencesOfWorkspace } from '../references.ts';
import type { Ask, Report, Rule } from '../rule.ts';

/** Every reference of a group or a transformer leads to a dataset. */
export const unknownDataset: Rule = {
  name: 'unknown-dataset',
  judges: {
    workspace: (workspace, ask) => leadingNowhere(referencesOfWorkspace(workspace), ask),
    transformer: (transformer, ask) => leadingNowhere(referencesOfTransformer(transformer), ask),
  },
};

function* leadingNowhere(references: readonly PlacedReference[], ask: Ask): Iterable<Report> {
  for (const { here, reference, at } of references) {
    const problem = problemOf(reference.from, ask);
    if (problem !== null)
      yield { message: `${here} reads '${reference.from}', but ${problem.why}.`, help: problem.help, at };
  }
}

function problemOf(from: string, ask: Ask): { readonly why: string; readonly help: string } | null {
  const target = parseMemberAddress(from);
  if (target === null) {
    const isObject = parseObjectAddress(from) !== null;
    return {
      why: isObject ? 'that names a whole datastore, not a dataset' : 'that is no address of a dataset',
      help: isObject
        ? `Write  '${from}.*'  for all its datasets, or name one.`
        : "Write  'zone/team/datastore.dataset', or  'zone/team/datastore.*'  for all datasets of one.",
    };
  }
  const datastore = ask.object('datastore', target.object);
  if (datastore === null)
    return {
      why: `there is no datastore '${target.object}'`,
      help: `Name a datastore of this mesh.${didYouMean(target.object, ask.addresses('datastore'))}`,
    };
  const names = Object.keys(datastore.datasets);
  if (target.member === '*' || names.includes(target.member)) return null;
  const near = nearName(target.member, names);
  return {
    why: `datastore '${target.object}' has no dataset '${target.member}'`,
    help: `Name one of its datasets.${near === null ? '' : ` Did you mean '${target.object}.${near}'?`}`,
  };
}
