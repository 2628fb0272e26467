import type { EngineFacts, FieldFact } from '../../engine/facts.ts';
import { didYouMean } from '../../findings/near-name.ts';
import { own } from '../../model/effective.ts';
import { type ContainerEntry, containersOf, containerWords } from '../containers.ts';
import type { Report, Rule } from '../rule.ts';
import { within } from '../spots.ts';

/** The fields of a container are those that its engine describes: all that are required, none that it does not have. */
export const containerFields: Rule = {
  name: 'container-fields',
  judges: {
    *environment(environment, { facts }) {
      for (const entry of containersOf(environment)) {
        const engine = own(facts, entry.container.engine);
        if (engine !== undefined) yield* ofContainer(entry, engine);
      }
    },
  },
};

function* ofContainer(entry: ContainerEntry, engine: EngineFacts): Iterable<Report> {
  const { spot } = entry;
  const { fields } = entry.container;
  const words = containerWords(entry);
  for (const [name, fact] of Object.entries(engine.fields))
    if (fact.required && !Object.hasOwn(fields, name))
      yield {
        message: `${words} needs the field '${name}' (${fact.doc}), as every container of ${engine.title} does.`,
        help: `Add  ${name}: ${sample(fact)}.`,
        at: spot,
      };
  for (const [name, value] of Object.entries(fields)) {
    const fact = own(engine.fields, name);
    if (fact === undefined)
      yield {
        message: `${words} has a field '${name}', which a container of ${engine.title} does not have, so it would have no effect.`,
        help: `Take it out.${didYouMean(name, Object.keys(engine.fields))} It has: ${Object.keys(engine.fields).join(', ')}.`,
        at: within(spot, 'fields', name),
      };
    else if (typeOf(value) !== fact.type)
      yield {
        message: `field '${name}' of ${words} is ${typeWords[typeOf(value)]}, but must be ${typeWords[fact.type]}${
          fact.type === 'secret' ? ': the value itself never stands in a model' : ''
        }.`,
        help: `Write  ${name}: ${sample(fact)}  (${fact.doc}).`,
        at: within(spot, 'fields', name),
      };
  }
}

function typeOf(value: ContainerEntry['container']['fields'][string]): FieldFact['type'] {
  if (typeof value === 'object') return 'secret';
  return typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'boolean';
}

const typeWords = { text: 'a text', number: 'a number', boolean: 'true or false', secret: "a secret's name" } as const;

function sample(fact: FieldFact): string {
  return { text: "'...'", number: '1', boolean: 'true', secret: "secret('...')" }[fact.type];
}
