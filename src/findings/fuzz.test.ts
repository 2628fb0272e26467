import { expect, test } from 'vitest';
import { type Random, seeded } from '../cli/demo/company/random.ts';
import type { Finding } from './finding.ts';
import { harmless } from './harmless.ts';
import { finding, inReadingOrder } from './make.ts';
import type { Outcome, Setting } from './outcome.ts';
import { printGithub } from './print-github.ts';
import { printGitlab } from './print-gitlab.ts';
import { printJson } from './print-json.ts';
import { printJunit } from './print-junit.ts';
import { printMarkdown } from './print-markdown.ts';
import { printSarif } from './print-sarif.ts';
import { printText } from './print-text.ts';
import { readMarkdown } from './testing/markdown.ts';
import { obeyed } from './testing/runner.ts';
import { sarifErrors } from './testing/sarif.ts';
import { xmlElements } from './testing/xml.ts';

/** A few seconds with the suite; `FREEHOLD_FUZZ_SECONDS=600` for longer, `FREEHOLD_SEED` for the same again. */
const seconds = Number(process.env.FREEHOLD_FUZZ_SECONDS ?? 0);
const first = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

test(`hostile findings stay text in every form (seed ${first})`, { timeout: seconds * 1000 + 120_000 }, () => {
  const until = Date.now() + seconds * 1000;
  for (let seed = first; seed < first + 200 || Date.now() < until; seed++) {
    const random = seeded(seed);
    const outcome: Outcome = {
      verb: 'review',
      findings: findings(random),
      inherited: random.isLucky(0.5) ? findings(random) : null,
    };
    const setting: Setting = {
      prefix: random.pick(['', 'model/', 'ü ber/']),
      version: '1.0.0',
      page: () => null,
      source: () => (random.isLucky(0.7) ? `${hostile(random)}\n${hostile(random)}` : null),
    };
    for (const [form, judge] of Object.entries(forms)) {
      try {
        judge(outcome, setting);
      } catch (cause) {
        throw new Error(`FREEHOLD_SEED=${seed}, ${form}: ${cause instanceof Error ? cause.message : String(cause)}`, {
          cause,
        });
      }
    }
  }
});

const forms: Readonly<Record<string, (outcome: Outcome, setting: Setting) => void>> = {
  text({ findings }, { source }) {
    const text = printText(inReadingOrder(findings), source, { color: false });
    for (const line of text.split('\n')) expectHarmless(line);
    expect(text).not.toMatch(/^::/m);
    expect(text.match(/^(?:error|warning) /gm) ?? []).toHaveLength(findings.length);
  },

  json({ findings }) {
    const text = printJson(findings, null);
    for (const line of text.split('\n')) expectHarmless(line);
    expect(JSON.parse(text).findings).toEqual(findings);
  },

  sarif(outcome, setting) {
    const text = printSarif(outcome, setting);
    for (const line of text.split('\n')) expectHarmless(line);
    const log = JSON.parse(text);
    expect(sarifErrors(log)).toEqual([]);
    const { results } = log.runs[0];
    expect(results).toHaveLength(outcome.findings.length + (outcome.inherited?.length ?? 0));
    for (const { locations, relatedLocations = [], message } of results) {
      expect(message.text).not.toMatch(/\]\(|\{\d+\}/);
      for (const { physicalLocation } of [...locations, ...relatedLocations]) {
        const { uri } = physicalLocation.artifactLocation;
        expect(new URL(uri, 'https://root.example/tree/').href).toMatch(/^https:\/\/root\.example\/tree\/./);
        expectInside(decodeURIComponent(uri));
      }
    }
  },

  github(outcome, setting) {
    const log = printText(inReadingOrder(outcome.findings), setting.source, { color: false });
    const text = printGithub(outcome, setting, log);
    for (const line of text.split('\n')) expectHarmless(line);
    const commands = obeyed(text);
    const shown = (severity: string) =>
      inReadingOrder(outcome.findings)
        .filter((one) => one.severity === severity)
        .slice(0, 10);
    expect(commands.map(({ command }) => command)).toEqual([
      ...shown('error').map(() => 'error'),
      ...shown('warning').map(() => 'warning'),
      'stop-commands',
    ]);
    for (const [index, one] of [...shown('error'), ...shown('warning')].entries()) {
      const { properties = {}, data = '' } = commands[index] ?? {};
      expect(data.split('\n').slice(0, 2)).toEqual([harmless(one.message), harmless(one.help)]);
      expect(Object.keys(properties).filter((name) => !['file', 'line', 'col', 'title'].includes(name))).toEqual([]);
      if (properties.file !== undefined) expectInside(properties.file);
    }
  },

  gitlab(outcome, setting) {
    const text = printGitlab(outcome, setting);
    for (const line of text.split('\n')) expectHarmless(line);
    for (const issue of JSON.parse(text)) {
      expectHarmless(issue.description);
      expectInside(issue.location.path);
      expect(issue.location.lines.begin).toBeGreaterThan(0);
    }
  },

  junit(outcome, setting) {
    const elements = xmlElements(printJunit(outcome, setting));
    const expected = outcome.findings.length + (outcome.inherited?.length ?? 0);
    expect(elements.filter(({ name }) => name === 'testcase')).toHaveLength(Math.max(expected, 1));
    const names = ['testsuites', 'testsuite', 'testcase', 'failure', 'skipped', 'system-out'];
    expect(elements.filter(({ name }) => !names.includes(name))).toEqual([]);
    for (const { attributes, text } of elements) {
      for (const value of Object.values(attributes)) expectHarmless(value);
      for (const line of text.split('\n')) expectHarmless(line);
    }
  },

  markdown(outcome, setting) {
    const text = printMarkdown(outcome, setting);
    for (const line of text.split('\n')) expectHarmless(line);
    const { words, html, kinds, cells } = readMarkdown(text);
    // Whatever came from a model has this in it; outside of code are our own words alone.
    expect(words).not.toMatch(/qz|@|https?:|www\./);
    expect([...kinds].filter((kind) => !ourKinds.has(kind))).toEqual([]);
    for (const tags of html) expect(tags).toMatch(ourTags);
    expect(cells.filter((count) => count !== 5)).toEqual([]);
    expect(text.length).toBeLessThan(65_536);
  },
};

const ourKinds = new Set([
  ...['root', 'heading', 'paragraph', 'text', 'inlineCode', 'code', 'html'],
  ...['table', 'tableRow', 'tableCell', 'list', 'listItem'],
]);

const ourTags =
  /^(?:<details(?: open)?>\n<summary>(?:\d+\. What to do|\d+ findings? from before this change, blocking nobody)<\/summary>|<\/details>)$/;

function expectHarmless(line: string): void {
  // Tabs and other controls, bidi, invisible and unpaired characters, and what runners of CI obey.
  const found =
    /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]|##[a-z.]*\[/iu.exec(
      line,
    );
  expect(found === null ? '' : JSON.stringify(found[0])).toBe('');
}

function expectInside(path: string): void {
  expect(path.split('/').filter((part) => part === '' || part === '.' || part === '..')).toEqual([]);
  expect(path).not.toMatch(/^[a-z]:|\\(?!u|r|n|t)/i);
}

function findings(random: Random): Finding[] {
  return Array.from({ length: random.between(0, random.isLucky(0.05) ? 60 : 4) }, () =>
    finding({
      rule: random.isLucky(0.5) ? 'some-rule' : hostile(random),
      severity: random.pick(['error', 'warning']),
      address: random.isLucky(0.3) ? null : hostile(random),
      message: hostile(random),
      help: hostile(random),
      at: random.isLucky(0.2) ? null : place(random),
      related: Array.from({ length: random.between(0, 3) }, () => ({ message: hostile(random), at: place(random) })),
      owner: random.isLucky(0.3) ? null : hostile(random),
      blame: random.isLucky(0.5) ? null : { commit: hostile(random), author: hostile(random), at: hostile(random) },
    }),
  );
}

function place(random: Random) {
  const file = random.isLucky(0.3)
    ? random.pick(['/etc/passwd', '../x', 'a/../../b', 'C:x', 'c:\\x', '', 'a//b', './a', '\\\\host\\x', 'a/..'])
    : hostile(random).replaceAll('/', random.pick(['/', '-']));
  return { file, line: random.between(1, 3), column: random.between(1, 50) };
}

/** Pieces that mean something to somebody who reads one of the forms, in any order. */
function hostile(random: Random): string {
  const length = random.between(0, 12);
  const text = Array.from({ length }, () =>
    random.isLucky(0.2) ? String.fromCharCode(random.between(0, 0xffff)) : random.pick(pieces),
  ).join('');
  return random.isLucky(0.02) ? `qz${text.repeat(500)}` : `qz${text}`;
}

const pieces = [
  ...[
    'qz',
    ' ',
    'a',
    '\n',
    '\r\n',
    '\r',
    '\t',
    '\u0000',
    '\u0007',
    '\u001b[2J',
    '\u001b]8;;http://x\u0007',
    '\u009b1m',
    '\u0085',
  ],
  ...[
    '\u202e',
    '\u2066',
    '\u200b',
    '\u200d',
    '\ufeff',
    '\u2028',
    '\u2029',
    '\u3164',
    '\u034f',
    '\ufe0f',
    '\u{e0041}',
    '\u{e000}',
    '\ufffe',
    '\u{1fffe}',
  ],
  ...['\ud800', '\udc00', '\u{1f600}', 'é', 'ü', '日本', '\u05d0'],
  ...[
    '::error::x',
    '::error file=a,line=1::x',
    '::stop-commands::x',
    '::add-mask::x',
    '::set-output name=a::b',
    '::',
    ':',
    ',',
    '%0A',
    '%25',
    '%',
  ],
  ...[
    '##[add-mask]x',
    '##[error]x',
    '##vso[task.setvariable variable=a]b',
    '##teamcity[buildStop]',
    '##[',
    '##',
    '[',
    ']',
  ],
  ...[
    '`',
    '``',
    '```',
    '~~~',
    '|',
    '\\',
    '\\|',
    '\\`',
    '||',
    '*',
    '_',
    '**',
    '#',
    '# ',
    '- ',
    '> ',
    '---',
    '===',
    '1. ',
    '$',
    '$`x`$',
  ],
  ...[
    '](',
    '[a](http://b.example)',
    '![a](b)',
    '[a]: http://b',
    '[^1]',
    '<http://c.example>',
    'http://d.example',
    'www.e.example',
    'f@g.example',
  ],
  ...[
    '@octocat',
    '@org/team',
    '#1',
    'GH-1',
    'a/b#1',
    ':smile:',
    '<img src=x onerror=y>',
    '<!--',
    '-->',
    '</details>',
    '<summary>',
    '&lt;',
    '&#0;',
    '&amp',
    '<script>',
  ],
  ...[']]>', '<![CDATA[', '<?xml?>', '</testcase>', '"', "'", '<', '>', '&', '{0}', '{', '}', '{{', '\u007f'],
  ...['/', '..', '../', '.', '?', '=', ';', '\\u0041', '$(x)', '$' + '{{ secrets.x }}'],
];
