import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import type { Finding } from '../../findings/finding.ts';
import { type Environment, occasionIn } from '../../forge/occasion.ts';
import { openRepository, type Repository } from '../../git/repository.ts';
import { startedJudges } from '../../load/sandbox/judge.ts';
import { storesIn } from '../../load/store/stores.ts';
import { cacheDirectory } from '../../load/store/where.ts';
import { type ExitStatus, UseError } from '../exit.ts';
import type { FormatOptions } from '../format.ts';
import type { Output } from '../output.ts';
import { withAges } from '../review/ages.ts';
import { type Asked, askedOf, forgeOf } from '../review/asked.ts';
import { reviewDocument, stepDocument } from '../review/document.ts';
import { heading } from '../review/heading.ts';
import { type Judged, judgeSteps } from '../review/judge.ts';
import { typed } from '../review/typed.ts';
import { tellAs } from '../tell-as.ts';

export type ReviewOptions = FormatOptions & {
  readonly base: string;
  readonly head?: string;
  readonly origin?: readonly string[];
  readonly bootstrap?: boolean;
  readonly dir?: string;
};

/** May this change be made? Errors: GitError, ForgeError, UseError: a review that did not come to a verdict never passes. */
export async function reviewCommand(
  options: ReviewOptions,
  output: Output,
  environment: Environment = process.env,
): Promise<ExitStatus> {
  const root = resolve(options.dir ?? '.');
  if (!existsSync(root)) throw new UseError(`There is no directory ${root}. Name the model's with --dir.`);
  const asOfMs = systemClock.nowMs();
  const directory = cacheDirectory(root, environment);
  // It starts while git is asked.
  await using judges = directory === null ? null : startedJudges();
  await using repository = await openRepository(root);
  const { steps, notes: asked } = await askedBy(options, repository, environment);
  const stores = directory === null ? null : await storesIn(directory);
  const notes = [...asked];
  const judging = { repository, asOfMs, bootstrap: options.bootstrap === true, stores, ...(judges && { judges }) };
  const judged = await judgeSteps(steps, judging, (note) => notes.push(note));
  const documents = [];
  for (const one of judged) documents.push(stepDocument(one, await withAges(one, repository, systemClock)));
  const last = judged.at(-1);
  const mesh = last?.head?.mesh?.name ?? last?.base.mesh?.name ?? null;
  const document = reviewDocument(documents, { mesh, asOfMs, notes });
  const isOnGitHub = environment.GITHUB_ACTIONS === 'true';
  const format = options.format ?? (output.json ? 'json' : isOnGitHub ? 'github' : 'text');
  const told = {
    verb: 'review',
    findings: document.findings,
    inherited: document.inherited,
    document,
    root,
    source: last === undefined ? () => null : await sourcesOf(last, [...document.findings, ...document.inherited]),
  } as const;
  if (['text', 'github'].includes(format) || options.output !== undefined) output.result(heading(document, output));
  await tellAs(format, told, options, output);
  return document.verdict === 'pass' ? 0 : 1;
}

/** Texts of the files that findings stand in: of head, or of base where head has none. */
async function sourcesOf(
  { base, head }: Judged,
  findings: readonly Finding[],
): Promise<(file: string) => string | null> {
  const places = findings.flatMap(({ at, related }) => [at, ...related.map((one) => one.at)]);
  const files = [...new Set(places.flatMap((at) => at?.file ?? []))];
  const texts = new Map((await head?.texts(files)) ?? []);
  for (const [file, text] of await base.texts(files.filter((one) => !texts.has(one)))) texts.set(file, text);
  return (file) => texts.get(file) ?? null;
}

async function askedBy(options: ReviewOptions, repository: Repository, environment: Environment): Promise<Asked> {
  const occasion = await occasionIn(environment);
  if (occasion === null) return typed(options, repository);
  for (const [given, what] of [
    [options.origin, '--origin'],
    [options.bootstrap, '--bootstrap'],
  ])
    if (given !== undefined && given !== false)
      throw new UseError(
        `${String(what)} is typed by a person, and this is continuous integration, where the forge is asked. Leave it out.`,
      );
  return askedOf(occasion, await forgeOf(occasion, environment), options, repository);
}
