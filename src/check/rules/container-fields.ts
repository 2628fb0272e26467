import { own } from '../../base/own.ts';
import type { EngineFacts, FieldFact } from '../../engine/facts.ts';
import { didYouMean } from '../../findings/near-name.ts';
import type { Report, Rule } from '../rule.ts';
import { type ContainerEntry, within } from '../subject.ts';

/** The fields of a container are those that its engine describes: all that are required, none that it does not have. */
export const containerFields: Rule = {
  name: 'container-fields',
  *find({ facts, containers }) {
    for (const entry of containers) {
      const engine = own(facts, entry.container.engine);
      if (engine !== undefined) yield* ofContainer(entry, engine);
    }
  },
};

function* ofContainer({ container, spot }: ContainerEntry, engine: EngineFacts): Iterable<Report> {
  const { fields } = container;
  for (const [name, fact] of Object.entries(engine.fields))
    if (fact.required && !Object.hasOwn(fields, name))
      yield {
        message: `a container of ${engine.title} needs the field '${name}' (${fact.doc}), and this one has none.`,
        help: `Add  ${name}: ${sample(fact)}.`,
        at: spot,
      };
  for (const [name, value] of Object.entries(fields)) {
    const fact = own(engine.fields, name);
    if (fact === undefined)
      yield {
        message: `a container of ${engine.title} has no field '${name}', so it would have no effect.`,
        help: `Take it out.${didYouMean(name, Object.keys(engine.fields))} It has: ${Object.keys(engine.fields).join(', ')}.`,
        at: within(spot, name),
      };
    else if (typeOf(value) !== fact.type)
      yield {
        message: `field '${name}' of a container of ${engine.title} is ${words[typeOf(value)]}, but must be ${words[fact.type]}${
          fact.type === 'secret' ? ': the value itself never stands in a model' : ''
        }.`,
        help: `Write  ${name}: ${sample(fact)}  (${fact.doc}).`,
        at: within(spot, name),
      };
  }
}

function typeOf(value: ContainerEntry['container']['fields'][string]): FieldFact['type'] {
  if (typeof value === 'object') return 'secret';
  return typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'boolean';
}

const words = { text: 'a text', number: 'a number', boolean: 'true or false', secret: "a secret's name" } as const;

function sample(fact: FieldFact): string {
  return { text: "'...'", number: '1', boolean: 'true', secret: "secret('...')" }[fact.type];
}
