import { readdir, readFile } from 'node:fs/promises';

const pages = new URL('../../docs/rules/', import.meta.url);
const sources = new URL('../../src/', import.meta.url);

/** A page of docs/rules in parts. Files by name: the text of each fenced block. */
export type Page = {
  readonly rule: string;
  readonly summary: string;
  readonly foundBy: string;
  /** Of a rule of review: what was there before, beside the model around, and who approved the change. */
  readonly base: Files | null;
  readonly approvers: readonly number[];
  readonly wrong: Files;
  readonly right: Files;
};

export type Files = Readonly<Record<string, string>>;

const head = /^# .*\n\nRule `(.*?)`, of (`.*?`(?: and `.*?`)*)[,.].*\n\n\*\*What\.\*\* (.*)\n/;

export async function readPages(): Promise<readonly Page[]> {
  const files = (await readdir(pages)).filter((file) => file.endsWith('.md') && file !== 'README.md').sort();
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(new URL(file, pages), 'utf8');
      const [, rule = '', foundBy = '', summary = ''] = head.exec(text) ?? [];
      if (`${rule}.md` !== file) throw new Error(`${file} does not begin with a title, its rule, and what it finds`);
      const [, base, wrong = '', right = ''] =
        /(?:\n## Base\n(.*))?\n## Wrong\n(.*)\n## Right\n(.*)$/s.exec(text) ?? [];
      return {
        rule,
        summary,
        foundBy,
        base: base === undefined ? null : fences(base),
        approvers: approversIn(base ?? ''),
        wrong: fences(wrong),
        right: fences(right),
      };
    }),
  );
}

/** The README's text, and the files of the model that the examples stand in. */
export async function readOverview(): Promise<{ readonly text: string; readonly model: Files }> {
  const text = await readFile(new URL('README.md', pages), 'utf8');
  return { text, model: fences(text) };
}

/** Names of rules in the code: what stands after `rule:`, as the name of a rule, or in a call of `say` or `refuse`. */
export async function emittedRules(): Promise<ReadonlySet<string>> {
  const files = (await readdir(sources, { recursive: true })).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('testing'),
  );
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, sources), 'utf8')));
  const places = texts.flatMap((text) => [
    ...[...text.matchAll(/\brule: ([^\n]*)/g)].map(([, rest]) => rest ?? ''),
    ...[...text.matchAll(/\brefuse\(\s*[^,;]+,\s*('[^']*')/g)].map(([, rest]) => rest ?? ''),
    ...[...text.matchAll(/\bsay\(\s*('[^']*')/g)].map(([, rest]) => rest ?? ''),
    ...[...text.matchAll(/: (?:Whole)?Rule = \{\s*name: ([^\n]*)/g)].map(([, rest]) => rest ?? ''),
  ]);
  return new Set(
    places.flatMap((place) => [...place.matchAll(/'([a-z]+(?:-[a-z]+)+)'/g)].map(([, rule]) => rule ?? '')),
  );
}

/** `Approved by user 21, 32.`; else the owner of what the examples change. */
function approversIn(base: string): readonly number[] {
  const [, users = '31'] = /^Approved by user ([\d, ]+)\.$/m.exec(base) ?? [];
  return users.split(',').map(Number);
}

function fences(text: string): Files {
  return Object.fromEntries(
    [...text.matchAll(/```(?:ts|yaml) (\S+)\n(.*?)```/gs)].map(([, file = '', body = '']) => [file, body]),
  );
}
