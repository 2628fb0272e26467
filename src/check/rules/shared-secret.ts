import { type ContainerEntry, containersOf, containerWords } from '../containers.ts';
import type { Ask, Rule, Spot } from '../rule.ts';
import { partsOf, within } from '../spots.ts';
import { quoted } from '../words.ts';

/** A credential opens one door: that of one team's source, or of what freehold writes itself. */
export const sharedSecret: Rule = {
  name: 'shared-secret',
  judges: {
    *environment(environment, ask) {
      const uses = new Map<string, Use>();
      for (const entry of containersOf(environment))
        for (const [field, value] of Object.entries(entry.container.fields)) {
          if (typeof value !== 'object') continue;
          const use = { entry, at: within(entry.spot, 'fields', field) };
          const first = uses.get(value.secret);
          const why = first === undefined ? null : whyApart(first.entry, entry, ask);
          if (first === undefined) uses.set(value.secret, use);
          else if (why !== null)
            yield {
              message: `secret '${value.secret}' opens ${containerWords(first.entry)} and ${containerWords(entry)}, ${why}.`,
              help: `Give each an account of its own, and name its secret here:  ${field}: secret('<name>').`,
              at: use.at,
              related: [{ message: containerWords(first.entry), at: first.at }],
            };
        }
    },
  },
};

type Use = { readonly entry: ContainerEntry; readonly at: Spot };

/** Why two containers may not share a credential; null: they may. */
function whyApart(first: ContainerEntry, other: ContainerEntry, ask: Ask): string | null {
  const areSources = [first, other].filter(({ role }) => role === 'connection').length;
  if (areSources === 1) return 'so who may read a source may write what is kept of it, or the other way round';
  const teams = [first, other].flatMap((entry) => (entry.role === 'connection' ? [teamsOf(entry.name, ask)] : []));
  const [one = [], two = []] = teams;
  return one.some((team) => !two.includes(team)) || two.some((team) => !one.includes(team))
    ? `which ${quoted(one)} and ${quoted(two)} read: what one of them may see, the other could`
    : null;
}

function teamsOf(connection: string, ask: Ask): readonly string[] {
  const teams = ask.found('connection', connection).map((address) => {
    const { zone, team } = partsOf(address);
    return `${zone}/${team}`;
  });
  return [...new Set(teams)];
}
