import { nameOfEnvironment } from '../containers.ts';
import type { Rule } from '../rule.ts';
import { partsOf, spotOf } from '../spots.ts';
import { quoted } from '../words.ts';

/** A connection that is bound to teams is read by datastores of those teams. */
export const foreignConnection: Rule = {
  name: 'foreign-connection',
  judges: {
    *datastore({ address, source }, ask) {
      if (source === undefined) return;
      const { zone, team } = partsOf(address);
      for (const environment of ask.addresses('environment')) {
        const teams = ask.part('connection', environment, source)?.teams;
        if (teams === undefined || teams.includes(`${zone}/${team}`)) continue;
        const name = nameOfEnvironment(environment);
        yield {
          message: `datastore '${address}' reads connection '${source}', which environment '${name}' gives to ${teams.length === 0 ? 'nobody' : quoted(teams)}, and not to team '${zone}/${team}'.`,
          help: `Read what those teams offer, or ask the owner of environment '${name}' to add the team:  teams: ['${zone}/${team}'${teams.length === 0 ? '' : ', ...'}].`,
          at: spotOf(address, 'source'),
          related: [{ message: `connection '${source}'`, at: spotOf(environment, 'connections', source) }],
        };
      }
    },
  },
};
