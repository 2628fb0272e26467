import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { parseConsentFile } from '../review/consent-file.ts';

/** Files that should hold a signed statement and hold none that could ever count. */
export function badConsentFiles(signed: Readonly<Record<string, string>>): Finding[] {
  return Object.entries(signed).flatMap(([file, text]) => {
    const read = parseConsentFile(text);
    return 'wrong' in read
      ? finding({
          rule: 'bad-consent-file',
          message: `'${file}' should hold a signed consent, and ${read.wrong}, so it counts for nothing.`,
          help: 'freehold approve <finding> writes one. Do not edit it by hand: what was signed is what it says. Remove this one, or give it back the text that it had.',
          at: { file, line: 1, column: 1 },
        })
      : [];
  });
}
