import { appendFile, writeFile } from 'node:fs/promises';
import { unreachable } from '../base/must.ts';
import { rulePage } from '../check/page.ts';
import { jsonText } from '../findings/json-text.ts';
import { inReadingOrder } from '../findings/make.ts';
import { many, type Outcome, type Setting } from '../findings/outcome.ts';
import { printGithub } from '../findings/print-github.ts';
import { printGitlab } from '../findings/print-gitlab.ts';
import { printJunit } from '../findings/print-junit.ts';
import { printMarkdown } from '../findings/print-markdown.ts';
import { printSarif } from '../findings/print-sarif.ts';
import { printText } from '../findings/print-text.ts';
import { UseError } from './exit.ts';
import type { Format, FormatOptions } from './format.ts';
import type { Output } from './output.ts';
import { placeInRepository } from './place-in-repository.ts';
import { programVersion } from './version.ts';

/**
 * Tells what was found in the form that was asked for: to a file, with text for people on standard output; else on
 * standard output. For GitHub the job's summary is written too, where there is one. `document` is the verb's own, of
 * `--json`. `source` gives the text of a model's file, `root` is the model's directory.
 */
export async function tellAs(
  format: Format,
  told: Outcome & { readonly document: unknown; readonly root: string; readonly source: Setting['source'] },
  options: FormatOptions,
  output: Output,
): Promise<void> {
  if (output.json && format !== 'json' && options.output === undefined)
    throw new UseError(`--json and --format ${format} cannot both be on standard output. Add  --output FILE`);
  const setting = await settingOf(told, told);
  output.document(told.document);
  if (options.output === undefined) {
    output.result(formatted(format, told, setting, output.isColored).trimEnd());
  } else {
    const file = options.output;
    await writeFile(file, formatted(format, told, setting, false)).catch((cause: NodeJS.ErrnoException) => {
      throw new UseError(`${file} cannot be written (${cause.code ?? cause.message}). Name another file with --output`);
    });
    output.result(textOf(told, setting, output.isColored).trimEnd());
  }
  const summary = process.env.GITHUB_STEP_SUMMARY;
  if (format === 'github' && summary !== undefined && summary !== '')
    await appendFile(summary, printMarkdown(told, setting)).catch(() =>
      output.note('The summary of the job could not be written; the log has all.'),
    );
}

/** What printers must know, of a model in a directory. */
async function settingOf(
  { findings, inherited }: Outcome,
  { root, source }: { readonly root: string; readonly source: Setting['source'] },
): Promise<Setting> {
  const pages = new Map<string, string>();
  for (const rule of new Set([...findings, ...(inherited ?? [])].map((finding) => finding.rule))) {
    const page = await rulePage(rule);
    if (page.kind === 'page') pages.set(rule, page.text);
  }
  return {
    prefix: placeInRepository(root).prefix,
    version: programVersion(),
    page: (rule) => pages.get(rule) ?? null,
    source,
  };
}

function formatted(
  format: Format,
  told: Outcome & { readonly document: unknown },
  setting: Setting,
  color: boolean,
): string {
  switch (format) {
    case 'text':
      return textOf(told, setting, color);
    case 'json':
      return jsonText(told.document);
    case 'sarif':
      return printSarif(told, setting);
    case 'github':
      return printGithub(told, setting, textOf(told, setting, false));
    case 'gitlab':
      return printGitlab(told, setting);
    case 'junit':
      return printJunit(told, setting);
    case 'markdown':
      return printMarkdown(told, setting);
    default:
      return unreachable(format);
  }
}

/** Findings for people, and those that were there before after them. */
function textOf({ findings, inherited }: Outcome, { source }: Setting, color: boolean): string {
  const text = printText(inReadingOrder(findings), source, { color });
  if (inherited === null || inherited.length === 0) return text;
  const before = printText(inReadingOrder(inherited), source, { color });
  return `${text}\n${many(inherited.length, 'finding')} from before this change, blocking nobody:\n\n${before}`;
}
