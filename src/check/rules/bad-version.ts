import type { Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** A version says what came after what. */
export const badVersion: Rule = {
  name: 'bad-version',
  judges: {
    *datastore({ address, version }) {
      if (version === undefined || /^v?\d+(\.\d+){0,3}([-+.][0-9A-Za-z.+-]+)?$/.test(version)) return;
      yield {
        message: `'${version}' is no version, so nobody can tell whether datastore '${address}' is before or after another state of it.`,
        help: "Write numbers, the greatest change first:  version: '2.1.0'.",
        at: spotOf(address, 'version'),
      };
    },
  },
};
