import { containersOf, containerWords } from '../containers.ts';
import type { Rule } from '../rule.ts';
import { within } from '../spots.ts';

/** Only a connection is given to teams: elsewhere `teams` would promise a protection that nothing gives. */
export const teamsWithoutEffect: Rule = {
  name: 'teams-without-effect',
  judges: {
    *environment(environment) {
      for (const entry of containersOf(environment))
        if (entry.role !== 'connection' && entry.container.teams !== undefined)
          yield {
            message: `${containerWords(entry)} is given to teams, which only a connection can be: nobody would be kept out by it.`,
            help: "Take  teams  out. Who reads what is kept is said by policies, consumers and a workspace's readers.",
            at: within(entry.spot, 'teams'),
          };
    },
  },
};
