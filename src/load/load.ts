import type { Finding, Place } from '../findings/finding.ts';
import { finding, inReadingOrder } from '../findings/make.ts';
import { canonicalModel, digestModel } from '../model/canonical.ts';
import type { Model, Places } from '../model/model.ts';
import { assemble } from './assemble.ts';
import { badConsentFiles } from './bad-consent-file.ts';
import { languageBundle } from './bundle.ts';
import { type ModelFiles, readModelFiles } from './files.ts';
import { defaultLimits, type Limits } from './limits.ts';
import type { RootResult } from './root.ts';
import { type Judges, judgeRoots } from './sandbox/judge.ts';

export type Loaded = {
  /** What could be read, in canonical form; null where there is not exactly one mesh. */
  readonly model: Model | null;
  readonly findings: readonly Finding[];
  readonly places: Places;
  /** Of the whole model: null where any of it could not be read. */
  readonly digest: string | null;
  /** Signed statements, the text of each `*.consent.json` by its path. */
  readonly signed: Readonly<Record<string, string>>;
  /** Files that an object is made from: evaluated for it, or named by it as data. */
  readonly madeFrom: ReadonlySet<string>;
  /** The same of recoveries, `*.recovery.json`. */
  readonly recoveries: Readonly<Record<string, string>>;
  /** Text of a file of the model, for code frames. */
  readonly source: (file: string) => string | null;
};

/** Reads the model below a directory. What is wrong with it are findings; rejects only where the directory cannot be read. */
export async function loadModel(
  root: string,
  options: { readonly limits?: Partial<Limits>; readonly judges?: Judges } = {},
): Promise<Loaded> {
  const limits = { ...defaultLimits, ...options.limits };
  return loadFiles(await readModelFiles(root, limits.fileCharacters), options);
}

/** The model in files that were read already, from a directory or from git. */
export async function loadFiles(
  files: ModelFiles,
  options: { readonly limits?: Partial<Limits>; readonly judges?: Judges } = {},
): Promise<Loaded> {
  const limits = { ...defaultLimits, ...options.limits };
  const { roots, schemas, signed, recoveries } = files;
  const judged = await judgeRoots({ roots, schemas, language: await languageBundle(), limits }, options.judges);
  const results = [...judged.values()];
  const assembled = assemble(results.flatMap((result) => result.definitions));
  const found = [
    ...files.findings,
    ...results.flatMap((result) => result.findings),
    ...emptyRoots(judged),
    ...assembled.findings,
  ];
  // A consent is about the model, and no part of it: what a bad one says is lost, and the model is whole without.
  const findings = inReadingOrder(distinct([...found, ...badConsentFiles(signed)]));
  const isWhole = found.every((one) => one.severity !== 'error');
  const model = assembled.model === null ? null : canonicalModel(assembled.model);
  return {
    model,
    findings,
    places: withReferences(model, Object.assign({}, ...results.map((result) => result.places))),
    digest: model !== null && isWhole ? digestModel(model) : null,
    signed,
    recoveries,
    source: (file) => roots[file] ?? schemas[file] ?? signed[file] ?? recoveries[file] ?? null,
    madeFrom: new Set(results.flatMap((result) => result.madeFrom)),
  };
}

/** A file that several roots import is found wanting once. */
function distinct(findings: readonly Finding[]): Finding[] {
  const key = ({ digest, at }: Finding) => `${digest} ${at?.file} ${at?.line} ${at?.column}`;
  return [...new Map(findings.map((one) => [key(one), one])).values()];
}

function emptyRoots(results: ReadonlyMap<string, RootResult>): Finding[] {
  const imported = new Set([...results.values()].flatMap((result) => result.imports));
  return [...results].flatMap(([file, { isEmpty }]) =>
    isEmpty && !imported.has(file)
      ? finding({
          rule: 'nothing-defined',
          severity: 'warning',
          message: `'${file}' exports no object of the model and no file imports it, so it has no effect.`,
          help: 'Export what it makes:  export default datastore(...). Or remove the file.',
          at: { file, line: 1, column: 1 },
        })
      : [],
  );
}

/** References are a sorted set in the canonical form: their places by index follow that order. */
function withReferences(model: Model | null, places: Record<string, Place>): Places {
  for (const workspace of Object.values(model?.workspaces ?? {})) {
    for (const [name, group] of Object.entries(workspace.groups)) {
      const address = `${workspace.address}.${name}>read`;
      for (const [index, reference] of group.read.entries()) {
        const place = places[`${address}>${reference.from}`];
        if (place !== undefined) places[`${address}>${index}`] = place;
      }
    }
  }
  return places;
}
