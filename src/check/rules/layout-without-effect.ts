import { own } from '../../model/effective.ts';
import { containersOf, containerWords } from '../containers.ts';
import type { Rule } from '../rule.ts';
import { within } from '../spots.ts';

/** Only a store keeps versions as it is told, and only some engines can keep them in one table. */
export const layoutWithoutEffect: Rule = {
  name: 'layout-without-effect',
  judges: {
    *environment(environment, ask) {
      for (const entry of containersOf(environment)) {
        const { layout, engine } = entry.container;
        if (layout === undefined) continue;
        const at = within(entry.spot, 'layout');
        const facts = own(ask.facts, engine);
        if (entry.role !== 'store')
          yield {
            message: `${containerWords(entry)} says how versions are kept, which only a store is asked: nothing would come of it.`,
            help: 'Take  layout  out, or say it of the store. A replica keeps closed versions beside the current rows.',
            at,
          };
        else if (layout === 'history' && facts !== undefined && facts.versionsInOne !== true)
          yield {
            message: `${containerWords(entry)} is to keep all versions in one table, which is not done on ${facts.title}: they would be kept as by layout 'split'.`,
            help: 'Take  layout  out; or route the datasets to a store on PostgreSQL.',
            at,
          };
      }
    },
  },
};
