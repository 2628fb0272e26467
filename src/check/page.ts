import { access, readdir, readFile } from 'node:fs/promises';
import { byCodePoint } from '../base/digest.ts';
import { didYouMean } from '../findings/near-name.ts';

/** The page of a rule, or what to ask for instead. */
export type RulePage =
  | { readonly kind: 'page'; readonly rule: string; readonly text: string }
  | { readonly kind: 'unknown'; readonly rule: string; readonly help: string; readonly rules: readonly string[] };

/** What `freehold explain <rule>` prints: the Markdown text of docs/rules/<rule>.md, which ships in the package. */
export async function rulePage(rule: string): Promise<RulePage> {
  const directory = await pagesDirectory();
  const rules = await ruleNames();
  // Only a listed name becomes a path.
  if (!rules.includes(rule))
    return { kind: 'unknown', rule, rules, help: `There is no rule '${rule}'.${didYouMean(rule, rules)}` };
  return { kind: 'page', rule, text: await readFile(new URL(`${rule}.md`, directory), 'utf8') };
}

/** Names of all rules that have a page, by code point. */
export async function ruleNames(): Promise<readonly string[]> {
  const files = await readdir(await pagesDirectory());
  return files
    .filter((file) => /^[a-z][a-z0-9-]*\.md$/.test(file))
    .map((file) => file.slice(0, -'.md'.length))
    .sort(byCodePoint);
}

/** docs/rules of the package that this file is part of, built or not, bundled or not. */
async function pagesDirectory(): Promise<URL> {
  for (let at = new URL('./', import.meta.url); ; at = new URL('../', at)) {
    const pages = new URL('docs/rules/', at);
    const isHere = await access(new URL('README.md', pages)).then(
      () => true,
      () => false,
    );
    if (isHere) return pages;
    if (at.pathname === '/' || new URL('../', at).href === at.href)
      throw new Error('bug: docs/rules is not in the package');
  }
}
