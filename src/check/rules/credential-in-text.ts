import type { Report, Rule } from '../rule.ts';
import { ofEveryKind, textOf, textsOf } from '../texts.ts';

/** A model is read by many: it names secrets, and holds none. */
export const credentialInText: Rule = { name: 'credential-in-text', judges: ofEveryKind(credentialsIn) };

function* credentialsIn(address: string, noun: object): Iterable<Report> {
  // Almost every object has none of their marks. In all of it as one text, ends of lines and of texts are other characters.
  const all = textOf(noun);
  if (!credentials.some(([, , marks]) => marks.some((mark) => all.includes(mark))) && !maySayPassword.test(all)) return;
  for (const { text, at } of textsOf(address, noun)) {
    const [what] = credentials.find(([, pattern]) => pattern.test(text)) ?? [];
    if (what !== undefined)
      // What it is is not said again: findings are printed where even more people read.
      yield {
        message: `here stands ${what}. Everybody who can read the model has it, and its history keeps it.`,
        help: "Change it where it is valid, now. Then name it:  secret('<name>'); its value comes from where freehold runs.",
        at,
      };
  }
}

const maySayPassword = /password|pwd/i;

/** By their own marks only: what merely looks random is no finding. Last: one of these stands in each of them. */
const credentials: readonly (readonly [what: string, pattern: RegExp, marks: readonly string[]])[] = [
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----/, ['-----BEGIN']],
  ['an access key of AWS', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/, ['AKIA', 'ASIA']],
  [
    'a token of GitHub',
    /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})\b/,
    ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'],
  ],
  ['a token of GitLab', /\bglpat-[A-Za-z0-9_-]{20,}\b/, ['glpat-']],
  ['a token of Slack', /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/, ['xox']],
  ['a webhook of Slack', /hooks\.slack\.com\/services\/[A-Za-z0-9/]{20,}/, ['hooks.slack.com']],
  ['a key of Google', /\bAIza[0-9A-Za-z_-]{35}\b/, ['AIza']],
  ['a web token', /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/, ['.eyJ']],
  ['a URL with a password', /[a-z][a-z0-9+.-]*:\/\/[^\s:/?#@]+:[^\s:/?#@]{3,}@/i, ['://']],
  // `Password = x;` of ADO; `password=x` at an end; `password=x host=y` of libpq. `a.pwd = b.pwd` of SQL is none.
  [
    'a connection text with a password',
    /(?<![.\w])(?:password|pwd)(?:\s*=\s*[^\s;'"${<]{3,}\s*;|=[^\s;'"${<]{3,}$|=[^\s;,()'"${<]{3,}[ \t]+\w+=)/im,
    [],
  ],
];
