import { containersOf, containerWords } from '../containers.ts';
import type { Rule } from '../rule.ts';
import { within } from '../spots.ts';

/** Only of a store something is acknowledged to a source; and the embedded server has no standby to wait for. */
export const durabilityWithoutEffect: Rule = {
  name: 'durability-without-effect',
  judges: {
    *environment(environment) {
      for (const entry of containersOf(environment)) {
        const { durability, fields } = entry.container;
        if (durability === undefined) continue;
        const at = within(entry.spot, 'durability');
        if (entry.role !== 'store')
          yield {
            message: `${containerWords(entry)} says when sources may forget what it has, which only a store can: nothing would come of it.`,
            help: 'Take  durability  out, or say it of the store.',
            at,
          };
        else if (durability === 'standby' && fields.embedded === true)
          yield {
            message: `${containerWords(entry)} is on the embedded server, which has no standby: its sources would keep their logs for ever.`,
            help: "Say  durability: keep('1h'),  or give the store a server that has a standby.",
            at,
          };
      }
    },
  },
};
