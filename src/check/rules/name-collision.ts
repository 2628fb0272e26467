import type { EngineFacts } from '../../engine/facts.ts';
import { own, wantsHistory } from '../../model/effective.ts';
import type { Report, Rule, Spot } from '../rule.ts';
import { type GroupEntry, partsOf, type Subject, spotOf } from '../subject.ts';

/**
 * Names that the model keeps apart stay apart in every engine that may hold them: two datasets of a group would be one
 * view, two groups one schema, a dataset `orders_history` the view of the history of `orders`.
 */
export const nameCollision: Rule = {
  name: 'name-collision',
  *find(subject) {
    const engines = enginesOf(subject);
    yield* among(engines, subject.groups.map(schemaOf));
    for (const entry of subject.groups) yield* among(engines, viewsOf(entry));
  },
};

type Named = {
  /** What the engine would call it. */
  readonly physical: string;
  /** What a message calls it. */
  readonly words: string;
  /** Two of the same thing do not collide. */
  readonly thing: string;
  readonly help: string;
  readonly at: Spot;
};

function* among(engines: readonly EngineFacts[], named: readonly Named[]): Iterable<Report> {
  const said = new Set<Named>();
  for (const engine of engines) {
    const first = new Map<string, Named>();
    for (const item of named) {
      const name = nameIn(engine, item.physical);
      const other = first.get(name);
      if (other === undefined) first.set(name, item);
      else if (other.thing !== item.thing && !said.has(item)) {
        said.add(item);
        yield {
          message: `${item.words} and ${other.words} would both be '${name}' in ${engine.title}, so one would hide the other.`,
          help: item.help,
          at: item.at,
          related: [{ message: other.words, at: other.at }],
        };
      }
    }
  }
}

/** A name as the engine keeps it: folded, and cut at its limit of bytes. */
function nameIn(engine: EngineFacts, name: string): string {
  const folded = engine.caseInsensitiveNames ? name.toLowerCase() : name;
  return Buffer.from(folded).subarray(0, engine.identifierLimit).toString();
}

function schemaOf(entry: GroupEntry): Named {
  return {
    physical: `${partsOf(entry.workspace.address).object}_${entry.name}`,
    words: `the schema of group '${entry.address}'`,
    thing: entry.address,
    help: 'Rename one of the two workspaces or groups: a schema is called after the workspace and the group.',
    at: spotOf(entry.address),
  };
}

function viewsOf(entry: GroupEntry): Named[] {
  const suffixes = wantsHistory(entry.group) ? ['', '_history'] : [''];
  return entry.reads.flatMap(({ dataset, spot }) =>
    suffixes.map((suffix) => ({
      physical: `${dataset.name}${suffix}`,
      words: `view '${dataset.name}${suffix}' of '${dataset.address}'`,
      thing: dataset.address,
      help: `Read one of the two in a group of its own, or rename a dataset.`,
      at: spot,
    })),
  );
}

/** The engines of the stores and replicas of all environments, each once. */
function enginesOf({ facts, containers }: Subject): EngineFacts[] {
  const names = new Set(
    containers.filter(({ role }) => role === 'store' || role === 'replica').map(({ container }) => container.engine),
  );
  return [...names].map((name) => own(facts, name)).filter((engine) => engine !== undefined);
}
